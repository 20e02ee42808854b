// {service} {stream} {host} in the value of a label; `{{` is a brace. Pure.
#pragma once

#include <string>
#include <string_view>

#include "shippers/network/line.h"

namespace shippers {

[[nodiscard]] std::string expand_label(std::string_view text, const Line& line);

}  // namespace shippers
