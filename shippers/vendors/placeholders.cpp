#include "shippers/vendors/placeholders.h"

#include <fmt/format.h>

#include <functional>

namespace shippers {

namespace {

using Member = std::string VendorValues::*;
using Encode = std::string (*)(Member, const VendorValues&);

std::string as_it_is(Member member, const VendorValues& values) {
  return values.*member;
}

std::string in_url(Member member, const VendorValues& values) {
  return member == &VendorValues::url ? values.url : percent_encode(values.*member);
}

std::string expand_with(std::string_view text, const VendorValues& values, Encode encode) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) {
      break;
    }
    const std::size_t close = text.find('}', open);
    out += encode(find_placeholder(text.substr(open + 1, close - open - 1)), values);
    text.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~,").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string Template::expand(const VendorValues& values) const {
  return expand_with(text_, values, as_it_is);
}

std::string Template::expand_url(const VendorValues& values) const {
  return expand_with(text_, values, in_url);
}

bool Template::has_blank(const VendorValues& values) const {
  for (std::size_t open = text_.find('{'); open != std::string_view::npos;
       open = text_.find('{', open + 1)) {
    const std::size_t close = text_.find('}', open);
    if ((values.*find_placeholder(text_.substr(open + 1, close - open - 1))).empty()) {
      return true;
    }
  }
  return false;
}

}  // namespace shippers
