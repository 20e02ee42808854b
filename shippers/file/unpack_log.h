// A file that birl writes together with its archives, as one text: what `birl logs PATH` reads.
//
// Rotated files come first, the oldest at the front, packed ones unpacked; of each naming that
// archive_names.h knows. A rotation meanwhile takes nothing away and gives nothing twice: the file
// itself is opened before its archives are looked for, and inodes tell them apart.
// Blocks as the file system does. Threads: any one.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace shippers {

/// `path` is a file with or without archives, a directory that holds `current`, or one archive
/// (`.gz`), which then comes alone. kNotFound: there is neither a file nor an archive.
[[nodiscard]] base::Result<std::vector<base::Fd>> open_log(const std::string& path);

/// Writes all of it to `out`. A damaged archive does not hide the others: the rest is written, the
/// first error returned. A reader of `out` that has gone away ends it early, which is no error.
[[nodiscard]] base::Result<void> unpack_log(const std::string& path, int out);

}  // namespace shippers
