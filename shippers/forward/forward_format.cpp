// What a line is for a forward receiver, and who we are to it.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>

#include "logging/record.h"
#include "logging/severity.h"
#include "shippers/forward/forward.h"
#include "shippers/vendors/json_fields.h"
#include "shippers/vendors/label_template.h"
#include "shippers/vendors/secrets.h"

namespace shippers {

namespace {

constexpr RequestLimits kLimits{
    .bytes = 4'000'000, .event_bytes = 1'000'000, .events = 10'000, .concurrency = 4};
constexpr std::size_t kSaltBytes = 16;

/// A member of ours, unless a field has its name.
std::uint32_t append_own(const Line& line, std::string_view name, std::string_view value,
                         std::string& out) {
  if (has_field(line, name)) {
    return 0;
  }
  msgpack::append_text(out, name);
  msgpack::append_text(out, value);
  return 1;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "birl";
}

std::string make_salt() {
  std::random_device random;
  std::string salt;
  while (salt.size() < kSaltBytes) {
    salt += static_cast<char>(random() & 0xFFU);
  }
  return salt;
}

base::Result<ForwardIdentity> read_identity(const logging::ForwardSinkConfig& config) {
  ForwardIdentity identity;
  identity.hostname = config.hostname.empty() ? host_name() : config.hostname;
  identity.username = config.username;
  identity.salt = make_salt();
  TRY_ASSIGN(identity.shared_key, read_secret(config.shared_key, config.shared_key_file));
  TRY_ASSIGN(identity.password, read_secret(config.password, config.password_file));
  return identity;
}

}  // namespace

RequestLimits ForwardFormat::limits() const {
  return kLimits;
}

void ForwardFormat::encode(const Line& line, std::string& key, std::string& text) const {
  key += expand_label(config_.tag, line);
  std::string members;
  std::uint32_t count = append_own(line, "message", line.text, members);
  count += append_own(line, "level", logging::severity_name(severity_of(line)), members);
  count += append_own(line, "service", line.service, members);
  count += append_own(line, "stream", logging::stream_name(line.stream), members);
  count += append_own(line, "host", line.host, members);
  if (line.fields != nullptr) {
    for (const logging::Field& field : *line.fields) {
      msgpack::append_text(members, field.name);
      if (field.value.kind == logging::ValueKind::kJson) {
        msgpack::append_json(members, field.value.text);
      } else {
        msgpack::append_text(members, field.value.text);
      }
      ++count;
    }
  }
  msgpack::append_array(text, 2);
  msgpack::append_event_time(text, line.time_ns);
  msgpack::append_map(text, count);
  text += members;
}

std::string ForwardFormat::shown(std::string_view text) const {
  std::string printable(text);
  std::ranges::replace_if(
      printable, [](char c) { return c < ' ' || c == '\x7f'; }, '.');
  return printable;
}

std::unique_ptr<Dialogue> ForwardFormat::start_dialogue() const {
  auto identity = read_identity(config_);
  if (!identity) {
    base::Error error = identity.error();
    error.code = base::ErrorCode::kPermission;
    return std::make_unique<Forward>(ForwardIdentity{}, compress_, std::move(error));
  }
  return std::make_unique<Forward>(std::move(*identity), compress_);
}

}  // namespace shippers
