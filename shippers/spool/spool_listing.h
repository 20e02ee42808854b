// What a spool holds, for somebody who only looks: takes no lock and changes nothing, so it may be
// read while a router writes it. A record that is being written is not there yet.
//
// Threads: any; blocks as the file system does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "shippers/spool/spool_record.h"

namespace shippers {

struct SpoolListing {
  struct Record {
    std::uint64_t sequence = 0;
    std::uint64_t time_ns = 0;  // of its oldest line; 0: nobody knows
    std::uint64_t lines = 0;
    std::uint64_t bytes = 0;         // of its payload
    std::vector<SpoolEvent> events;  // views of `payload`
    std::string payload;
  };
  std::vector<Record> records;  // those that are not done, oldest first
};

/// kNotFound: there is no spool in that directory.
[[nodiscard]] base::Result<SpoolListing> list_spool(base::FileSystem& files,
                                                    const std::string& directory);

}  // namespace shippers
