#include "shippers/spool/spool_record.h"

#include <zlib.h>

#include <cstring>

#include "base/check.h"

namespace shippers {

namespace {

struct EventHeader {
  std::uint32_t bytes;  // of key and text
  std::uint32_t lines;
  std::uint16_t key_bytes;
  std::uint16_t range;
};
static_assert(sizeof(EventHeader) == kEventHeaderBytes);

std::uint32_t crc_of(SpoolHeader header, std::string_view rest) {
  header.check = 0;
  std::uint32_t crc = static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(&header), sizeof(header)));
  crc = static_cast<std::uint32_t>(
      ::crc32_z(crc, reinterpret_cast<const Bytef*>(rest.data()), rest.size()));
  return crc;
}

}  // namespace

std::string encode_record(const SpoolRecord& record) {
  ASSERT(record.ranges.size() <= SpoolRecordLimits::kRanges &&
         record.payload.size() <= SpoolRecordLimits::kPayloadBytes);
  SpoolHeader header;
  header.sequence = record.sequence;
  header.payload_bytes = static_cast<std::uint32_t>(record.payload.size());
  header.events = record.events;
  header.ranges = static_cast<std::uint16_t>(record.ranges.size());
  header.kind = record.kind;
  const std::size_t range_bytes = record.ranges.size() * sizeof(RingRange);
  std::string bytes(sizeof(header), '\0');
  bytes.reserve(sizeof(header) + range_bytes + record.payload.size());
  if (range_bytes > 0) {
    bytes.append(reinterpret_cast<const char*>(record.ranges.data()), range_bytes);
  }
  bytes += record.payload;
  header.check = crc_of(header, std::string_view(bytes).substr(sizeof(header)));
  std::memcpy(bytes.data(), &header, sizeof(header));
  return bytes;
}

std::optional<std::size_t> record_bytes(const SpoolHeader& header) {
  const bool known =
      header.kind == SpoolRecordKind::kBatch || header.kind == SpoolRecordKind::kSummary;
  if (header.magic != kSpoolMagic || !known || header.ranges > SpoolRecordLimits::kRanges ||
      header.payload_bytes > SpoolRecordLimits::kPayloadBytes) {
    return std::nullopt;
  }
  return sizeof(header) + header.ranges * sizeof(RingRange) + header.payload_bytes;
}

std::optional<SpoolRecord> decode_record(std::string_view bytes) {
  SpoolHeader header;
  if (bytes.size() < sizeof(header)) {
    return std::nullopt;
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  const std::string_view rest = bytes.substr(sizeof(header));
  if (record_bytes(header) != bytes.size() || header.check != crc_of(header, rest)) {
    return std::nullopt;
  }
  SpoolRecord record;
  record.sequence = header.sequence;
  record.kind = header.kind;
  record.events = header.events;
  record.ranges.resize(header.ranges);
  const std::size_t range_bytes = header.ranges * sizeof(RingRange);
  if (range_bytes > 0) {
    std::memcpy(record.ranges.data(), rest.data(), range_bytes);
  }
  record.payload = rest.substr(range_bytes);
  return record;
}

void append_event(std::string& payload, const SpoolEvent& event) {
  ASSERT(event.key.size() <= SpoolRecordLimits::kKeyBytes);
  const EventHeader header{
      .bytes = static_cast<std::uint32_t>(event.key.size() + event.text.size()),
      .lines = event.lines,
      .key_bytes = static_cast<std::uint16_t>(event.key.size()),
      .range = event.range};
  payload.append(reinterpret_cast<const char*>(&header), sizeof(header));
  payload += event.key;
  payload += event.text;
}

std::vector<SpoolEvent> split_events(std::string_view payload) {
  std::vector<SpoolEvent> events;
  while (payload.size() >= sizeof(EventHeader)) {
    EventHeader header;
    std::memcpy(&header, payload.data(), sizeof(header));
    payload.remove_prefix(sizeof(header));
    if (header.bytes > payload.size() || header.key_bytes > header.bytes) {
      break;
    }
    events.push_back({.key = payload.substr(0, header.key_bytes),
                      .text = payload.substr(header.key_bytes, header.bytes - header.key_bytes),
                      .lines = header.lines,
                      .range = header.range});
    payload.remove_prefix(header.bytes);
  }
  return events;
}

}  // namespace shippers
