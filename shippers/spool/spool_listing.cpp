#include "shippers/spool/spool_listing.h"

#include <algorithm>
#include <cerrno>

#include "shippers/spool/segment_reader.h"
#include "shippers/spool/spool_state.h"

namespace shippers {

namespace {

SpoolListing::Record describe(SpoolRecord record) {
  SpoolListing::Record listed;
  listed.sequence = record.sequence;
  listed.bytes = record.payload.size();
  for (const RingRange& range : record.ranges) {
    listed.lines += range.lines;
    const bool older =
        range.time_ns != 0 && (listed.time_ns == 0 || range.time_ns < listed.time_ns);
    listed.time_ns = older ? range.time_ns : listed.time_ns;
  }
  listed.payload = std::move(record.payload);
  return listed;
}

}  // namespace

base::Result<SpoolListing> list_spool(base::FileSystem& files, const std::string& directory) {
  const auto done = SpoolState::read_done_sequence(files, directory + "/state");
  if (!done && done.error().sys_errno == ENOENT) {
    return base::fail(base::ErrorCode::kNotFound, "there is no spool in " + directory);
  }
  TRY(done);
  TRY_ASSIGN(std::vector<std::string> names, files.list(directory));
  std::ranges::sort(names);  // of one length: in the order of their numbers
  SpoolListing listing;
  for (const std::string& name : names) {
    if (!name.ends_with(".spool")) {
      continue;
    }
    const auto file = files.open_existing(directory + "/" + name);
    if (!file && file.error().sys_errno == ENOENT) {
      continue;  // done meanwhile
    }
    TRY(file);
    SegmentReader reader(files, file->get());
    for (std::uint64_t offset = 0;;) {
      TRY_ASSIGN(auto record, reader.next(offset));
      if (!record) {
        break;
      }
      if (record->kind == SpoolRecordKind::kBatch && record->sequence > *done) {
        listing.records.push_back(describe(std::move(*record)));
      }
    }
  }
  for (SpoolListing::Record& record : listing.records) {
    record.events = split_events(record.payload);  // where the payloads stay
  }
  return listing;
}

}  // namespace shippers
