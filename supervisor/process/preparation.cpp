#include "supervisor/process/preparation.h"

#include <unistd.h>

#include "base/codec.h"
#include "supervisor/config/instances.h"
#include "supervisor/process/environment.h"

namespace supervisor {

using base::Result;

namespace {

/// Result<Preparation> as plain data.
struct PreparationMessage {
  bool prepared = false;
  std::int32_t error_code = 0;
  std::int32_t sys_errno = 0;
  std::string error;
  bool has_identity = false;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;
  std::vector<std::string> environment;
  std::vector<std::string> notes;

  template <typename V>
  void visit(V& v) {
    v.field("prepared", prepared);
    v.field("error_code", error_code);
    v.field("sys_errno", sys_errno);
    v.field("error", error);
    v.field("has_identity", has_identity);
    v.field("uid", uid);
    v.field("gid", gid);
    v.field("groups", groups);
    v.field("environment", environment);
    v.field("notes", notes);
  }
};

Result<std::optional<Account>> find_own_account(const ServiceConfig& config,
                                                const AccountFiles& files) {
  if (!config.user.empty()) {
    return base::find_account(config.user, files);
  }
  if (!config.group.empty() || !config.groups.empty()) {
    return base::find_account(std::to_string(::geteuid()), files);
  }
  return std::nullopt;
}

}  // namespace

bool touches_files(const ServiceConfig& config) {
  return !config.user.empty() || !config.group.empty() || !config.groups.empty() ||
         !config.environment_file.empty() || !config.environment_from_file.empty() ||
         !config.directories.empty();
}

Result<Preparation> prepare_start(const PreparationRequest& request) {
  const ServiceConfig& config = request.config;
  Preparation made;
  TRY_ASSIGN(const std::optional<Account> account, find_own_account(config, request.accounts));
  if (account) {
    TRY_ASSIGN(made.identity,
               make_identity(*account, config.group, config.groups, request.accounts));
  }
  TRY_ASSIGN(const Environment environment,
             build_environment(config, {.container = request.container_environment,
                                        .directory = request.environment_directory,
                                        .account = config.user.empty() ? nullptr : &*account,
                                        .instance = std::string(instance_number(config.name)),
                                        .socket = request.socket_path}));
  made.environment = environment_list(environment);
  std::optional<Account> owner = account;
  if (owner) {
    owner->gid = made.identity->gid;
  }
  TRY_ASSIGN(made.notes, make_service_directories({.wanted = config.directories,
                                                   .owner = owner ? &*owner : nullptr,
                                                   .accounts = request.accounts,
                                                   .strict = request.strict}));
  return made;
}

std::vector<std::byte> encode_preparation(const Result<Preparation>& result) {
  PreparationMessage message;
  message.prepared = result.has_value();
  if (!result) {
    message.error_code = static_cast<std::int32_t>(result.error().code);
    message.sys_errno = result.error().sys_errno;
    message.error = result.error().message;
    return base::Encoder::encode(message);
  }
  message.has_identity = result->identity.has_value();
  if (result->identity) {
    message.uid = result->identity->uid;
    message.gid = result->identity->gid;
    message.groups = result->identity->groups;
  }
  message.environment = result->environment;
  message.notes = result->notes;
  return base::Encoder::encode(message);
}

Result<Preparation> decode_preparation(std::span<const std::byte> bytes) {
  TRY_ASSIGN(PreparationMessage message, base::Decoder::decode<PreparationMessage>(bytes));
  if (!message.prepared) {
    return base::Unexpected(base::Error{.code = static_cast<base::ErrorCode>(message.error_code),
                                        .sys_errno = message.sys_errno,
                                        .message = std::move(message.error)});
  }
  Preparation made;
  if (message.has_identity) {
    made.identity =
        Identity{.uid = message.uid, .gid = message.gid, .groups = std::move(message.groups)};
  }
  made.environment = std::move(message.environment);
  made.notes = std::move(message.notes);
  return made;
}

}  // namespace supervisor
