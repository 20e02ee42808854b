// One request as libcurl sees it: an easy handle, what it sends and what came back.
//
// Its address must not change while the handle is in use. Threads: the network's.
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "shippers/http/http_client.h"

namespace shippers {

class HttpTransfer {
 public:
  HttpTransfer(std::uint64_t channel, std::uint64_t request, HttpRequest content);
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  [[nodiscard]] CURL* easy() const { return easy_.get(); }
  [[nodiscard]] std::uint64_t channel() const { return channel_; }
  [[nodiscard]] std::uint64_t request() const { return request_; }

  /// When libcurl is done with it.
  [[nodiscard]] HttpResponse finish(CURLcode result);

 private:
  struct EasyDeleter {
    void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
  };
  struct ListDeleter {
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
  };

  void set_up();
  void add_header(const std::string& header);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);

  std::uint64_t channel_;
  std::uint64_t request_;
  HttpRequest content_;
  HttpResponse response_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::unique_ptr<curl_slist, ListDeleter> headers_;
  std::unique_ptr<CURL, EasyDeleter> easy_;
};

}  // namespace shippers
