// What the sinks of one router share: the file system and the table of file records.
//
// Made once, by the factory (sinks.h); each sink keeps it alive. Threads: both are safe from any.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "shippers/file/file_record.h"

namespace shippers {

struct SharedFiles {
  SharedFiles(std::unique_ptr<base::FileSystem> file_system, std::span<std::byte> memory,
              const std::vector<std::string>& sink_names)
      : files(std::move(file_system)), records(memory, sink_names) {}

  std::unique_ptr<base::FileSystem> files;
  FileRecordTable records;
};

}  // namespace shippers
