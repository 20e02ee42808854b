#include "supervisor/config/instances.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/name_patterns.h"

namespace supervisor {
namespace {

constexpr char kMark = '@';

}  // namespace

std::string_view template_of(std::string_view service) {
  return base::name_stem(service);
}

std::string_view instance_number(std::string_view service) {
  const std::size_t mark = service.find(kMark);
  return mark == std::string_view::npos ? "1" : service.substr(mark + 1);
}

std::string instance_name(std::string_view name, std::uint32_t number) {
  return fmt::format("{}{}{}", name, kMark, number);
}

bool is_addressed(std::string_view service, std::string_view name) {
  return service == name || (service.size() > name.size() && service.starts_with(name) &&
                             service[name.size()] == kMark);
}

std::uint32_t count_instances(const std::map<std::string, ServiceConfig>& services,
                              std::string_view name) {
  return static_cast<std::uint32_t>(std::ranges::count_if(services, [&](const auto& service) {
    return service.first != name && is_addressed(service.first, name);
  }));
}

void scale_instances(std::map<std::string, ServiceConfig>& services, const std::string& name,
                     std::uint32_t count) {
  ASSERT(count >= 1);
  ServiceConfig model = services.at(instance_name(name, 1));
  std::erase_if(services, [&](const auto& service) { return is_addressed(service.first, name); });
  for (std::uint32_t number = 1; number <= count; ++number) {
    model.name = instance_name(name, number);
    services.insert_or_assign(model.name, model);
  }
}

void expand_instances(std::map<std::string, ServiceConfig>& services) {
  std::map<std::string, ServiceConfig> expanded;
  for (auto& [name, service] : services) {
    if (!service.instances) {
      expanded.insert_or_assign(name, std::move(service));
      continue;
    }
    for (std::uint32_t number = 1; number <= *service.instances; ++number) {
      ServiceConfig instance = service;
      instance.name = instance_name(name, number);
      instance.instances.reset();  // they differ in nothing but their names
      expanded.insert_or_assign(instance.name, std::move(instance));
    }
  }
  services = std::move(expanded);
}

}  // namespace supervisor
