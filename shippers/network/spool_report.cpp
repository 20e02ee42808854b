#include "shippers/network/spool_report.h"

#include <fmt/format.h>

#include "base/file_system.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "shippers/network/dead_letter_box.h"
#include "shippers/spool/spool_listing.h"
#include "shippers/table_text.h"

namespace shippers {

namespace {

/// The first of the directories that is a spool; an empty listing where none is.
base::Result<SpoolListing> list_first(const std::vector<std::string>& directories, SpoolPart part) {
  base::RealFileSystem files;
  for (const std::string& directory : directories) {
    auto listing = list_spool(files, directory + (part == SpoolPart::kDead ? "/dead" : ""));
    if (listing || listing.error().code != base::ErrorCode::kNotFound) {
      return listing;
    }
  }
  return SpoolListing{};
}

struct Sum {
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
  std::uint64_t oldest_ns = 0;
};

bool is_reason(const SpoolEvent& event) {
  return event.range == DeadLetterLimits::kReasonRange;
}

Sum sum_of(const SpoolListing& listing) {
  Sum sum;
  for (const auto& record : listing.records) {
    ++sum.records;
    for (const SpoolEvent& event : record.events) {
      sum.events += is_reason(event) ? 0U : 1U;
    }
    sum.lines += record.lines;
    sum.bytes += record.bytes;
    sum.oldest_ns = sum.oldest_ns == 0 ? record.time_ns : sum.oldest_ns;
  }
  return sum;
}

std::string time_text(std::uint64_t time_ns) {
  return time_ns == 0 ? "-" : base::format_rfc3339_ms(time_ns);
}

}  // namespace

base::Result<std::string> list_spools(
    const std::map<std::string, std::vector<std::string>>& directories, SpoolOutput output) {
  std::vector<std::vector<std::string>> rows{
      {"SINK", "EVENTS", "LINES", "BYTES", "OLDEST", "REFUSED"}};
  base::JsonWriter out;
  out.begin_object().key("sinks").begin_array();
  for (const auto& [name, places] : directories) {
    if (places.empty()) {
      continue;
    }
    TRY_ASSIGN(const auto waiting, list_first(places, SpoolPart::kWaiting));
    TRY_ASSIGN(const auto dead, list_first(places, SpoolPart::kDead));
    const Sum sum = sum_of(waiting);
    const Sum refused = sum_of(dead);
    rows.push_back({name, fmt::format("{}", sum.events), fmt::format("{}", sum.lines),
                    fmt::format("{}", sum.bytes), time_text(sum.oldest_ns),
                    fmt::format("{}", refused.events)});
    out.begin_object().field("name", name).field("records", sum.records);
    out.field("events", sum.events).field("lines", sum.lines).field("bytes", sum.bytes);
    out.key("oldest");
    sum.oldest_ns == 0 ? out.null() : out.value(base::format_rfc3339_ms(sum.oldest_ns));
    out.field("refused", refused.events).end_object();
  }
  out.end_array().end_object();
  return output == SpoolOutput::kJson ? out.text() + "\n" : table_text(rows);
}

/// Each event on a line, as the destination gets it; with --dead its reason before it.
base::Result<std::string> show_spool(const std::vector<std::string>& directories, SpoolPart part,
                                     SpoolOutput output) {
  TRY_ASSIGN(const SpoolListing listing, list_first(directories, part));
  std::string text;
  for (const auto& record : listing.records) {
    std::string_view reason;
    for (const SpoolEvent& event : record.events) {
      if (is_reason(event)) {
        reason = event.text;
        continue;
      }
      const std::string_view shown = base::trim(event.text);
      if (output == SpoolOutput::kText) {
        text += reason.empty() ? "" : fmt::format("[{}] ", reason);
        text += std::string(shown) + "\n";
        continue;
      }
      base::JsonWriter out;
      out.begin_object().field("sequence", record.sequence);
      out.field("time", time_text(record.time_ns)).field("lines", std::uint64_t{event.lines});
      out.field("key", event.key).field("reason", reason).field("event", shown).end_object();
      text += out.text() + "\n";
    }
  }
  return text;
}

}  // namespace shippers
