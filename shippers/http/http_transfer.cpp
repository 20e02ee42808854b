#include "shippers/http/http_transfer.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "shippers/http/curl_options.h"

namespace shippers {

namespace {

constexpr long kConnectTimeoutMs = 10'000;

}  // namespace

HttpTransfer::HttpTransfer(std::uint64_t channel, std::uint64_t request, HttpRequest content)
    : channel_(channel),
      request_(request),
      content_(std::move(content)),
      easy_(::curl_easy_init()) {
  ASSERT(easy_ != nullptr);
  set_up();
}

void HttpTransfer::add_header(const std::string& header) {
  curl_slist* grown = ::curl_slist_append(headers_.get(), header.c_str());
  ASSERT(grown != nullptr);
  static_cast<void>(headers_.release());
  headers_.reset(grown);
}

void HttpTransfer::set_up() {
  CURL* easy = easy_.get();
  add_header("Expect:");  // libcurl would wait a second for servers that do not know it
  for (const std::string& header : content_.headers) {
    add_header(header);
  }
  ::curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  set_threaded(easy);
  set_tls(easy, content_.tls);
  ::curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(easy, CURLOPT_URL, content_.url.c_str());
  ::curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, content_.method.c_str());
  ::curl_easy_setopt(easy, CURLOPT_POSTFIELDS, content_.body.data());
  ::curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(content_.body.size()));
  ::curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  ::curl_easy_setopt(easy, CURLOPT_USERAGENT, "birl/" BIRL_VERSION);
  ::curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  ::curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  ::curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(content_.timeout_ms));
  ::curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     std::min(static_cast<long>(content_.timeout_ms), kConnectTimeoutMs));
  ::curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_.data());
  ::curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  ::curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  ::curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  ::curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  if (!content_.proxy.empty()) {
    ::curl_easy_setopt(easy, CURLOPT_PROXY, content_.proxy.c_str());
  }
}

std::size_t HttpTransfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  const std::size_t bytes = size * count;
  std::string& body = transfer.response_.body;
  const std::size_t room = transfer.content_.response_bytes_max -
                           std::min(body.size(), transfer.content_.response_bytes_max);
  body.append(data, std::min(bytes, room));
  return bytes;
}

std::size_t HttpTransfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  constexpr std::string_view kName = "retry-after:";
  const std::string_view line(data, size * count);
  if (line.size() > kName.size() && ::strncasecmp(line.data(), kName.data(), kName.size()) == 0) {
    static_cast<HttpTransfer*>(self)->response_.retry_after = base::trim(line.substr(kName.size()));
  }
  return line.size();
}

HttpResponse HttpTransfer::finish(CURLcode result) {
  if (result == CURLE_OK) {
    long status = 0;
    ::curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
  } else {
    response_.error = error_[0] != '\0' ? error_.data() : ::curl_easy_strerror(result);
    response_.refused = is_refusal(result);
  }
  return std::move(response_);
}

}  // namespace shippers
