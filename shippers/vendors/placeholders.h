// Templates of vendor descriptors: a misspelt placeholder does not compile.
//
//     constexpr Template kUrl{"{url}/bulk/{token}/tag/{tags}/"};
//
// {url} stands as it is, the others are percent-encoded where the template is a URL. Pure.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

namespace shippers {

/// What a vendor's placeholders stand for, from the sink's configuration and its token files.
struct VendorValues {
  std::string url;  // without a slash at its end
  std::string token;
  std::string tags;
  std::string index;
  std::string tenant;
  std::string source;
  std::string category;
  std::string channel;
  std::string host;
  std::string authorization;                   // the whole header's value
  std::map<std::string, std::string> labels;   // templates of {service} {stream} {host}
  std::map<std::string, std::string> headers;  // more of them, from the configuration
};

struct Placeholder {
  std::string_view name;
  std::string VendorValues::*member;
};

inline constexpr std::array<Placeholder, 10> kPlaceholders{{
    {"url", &VendorValues::url},
    {"token", &VendorValues::token},
    {"tags", &VendorValues::tags},
    {"index", &VendorValues::index},
    {"tenant", &VendorValues::tenant},
    {"source", &VendorValues::source},
    {"category", &VendorValues::category},
    {"channel", &VendorValues::channel},
    {"host", &VendorValues::host},
    {"authorization", &VendorValues::authorization},
}};

/// The member that a placeholder stands for; null: there is no such placeholder.
[[nodiscard]] constexpr std::string VendorValues::*find_placeholder(std::string_view name) {
  for (const Placeholder& placeholder : kPlaceholders) {
    if (placeholder.name == name) {
      return placeholder.member;
    }
  }
  return nullptr;
}

/// Every `{` begins a known placeholder and has its `}`.
[[nodiscard]] constexpr bool is_template(std::string_view text) {
  for (std::size_t open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open + 1)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos ||
        find_placeholder(text.substr(open + 1, close - open - 1)) == nullptr) {
      return false;
    }
  }
  return true;
}

void misspelt_placeholder();  // has no definition: calling it is what does not compile

class Template {
 public:
  consteval Template(const char* text) : text_(text) {  // NOLINT: literals are templates
    if (!is_template(text_)) {
      misspelt_placeholder();
    }
  }
  constexpr Template() = default;

  [[nodiscard]] std::string expand(const VendorValues& values) const;
  [[nodiscard]] std::string expand_url(const VendorValues& values) const;
  /// Something in it stands for nothing: a header is then left out.
  [[nodiscard]] bool has_blank(const VendorValues& values) const;
  [[nodiscard]] constexpr bool empty() const { return text_.empty(); }

 private:
  std::string_view text_;
};

/// RFC 3986: all but letters, digits and `-._~,`.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace shippers
