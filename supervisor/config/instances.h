// Services with `instances = N`: one table, N services, NAME@1 to NAME@N.
//
// They are services like all others, each with a ring, a state and a number. Only names tell that
// they belong together: "@" is in no other name. Pure. Threads: any.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/config/config.h"

namespace supervisor {

struct InstanceLimits {
  static constexpr std::uint32_t kInstancesMax = 256;  // of one service
};

/// "web" of "web@2" and of "web".
[[nodiscard]] std::string_view template_of(std::string_view service);
/// "2" of "web@2"; a service without instances is its own first.
[[nodiscard]] std::string_view instance_number(std::string_view service);
[[nodiscard]] std::string instance_name(std::string_view name, std::uint32_t number);

/// Whether `name` addresses `service`: it is its name, or that of all its instances.
[[nodiscard]] bool is_addressed(std::string_view service, std::string_view name);

/// Puts NAME@1 to NAME@N in the place of each service with `instances`.
void expand_instances(std::map<std::string, ServiceConfig>& services);
/// How many of `name` there are.
[[nodiscard]] std::uint32_t count_instances(const std::map<std::string, ServiceConfig>& services,
                                            std::string_view name);
/// So many of `name` from now on, made like its first one. At least 1; `name` has instances.
void scale_instances(std::map<std::string, ServiceConfig>& services, const std::string& name,
                     std::uint32_t count);

}  // namespace supervisor
