// A TLS server in front of a plain one on 127.0.0.1, for tests: what comes over TLS goes on in the
// clear, ends and resets too. A client that ends without close_notify is in problems().
//
// Threads: its own; all functions from any.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"

struct ssl_ctx_st;
struct ssl_st;

namespace support {

/// Self-signed, for 127.0.0.1; files in `directory`.
struct TestCertificate {
  enum class State { kGood, kExpired };

  TestCertificate(const std::string& directory, State state = State::kGood);

  std::string cert_file;
  std::string key_file;
};

class TlsFront {
 public:
  /// Listens on `port`; 0: any.
  TlsFront(const TestCertificate& certificate, std::uint16_t plain_port, std::uint16_t port = 0);
  ~TlsFront();
  TlsFront(const TlsFront&) = delete;
  TlsFront& operator=(const TlsFront&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::vector<std::string> problems() const;

 private:
  void run();
  void serve(int fd);
  void pump(ssl_st* session, int client, int plain);
  void tell(std::string problem);

  struct ContextDeleter {
    void operator()(ssl_ctx_st* context) const;
  };
  std::unique_ptr<ssl_ctx_st, ContextDeleter> context_;
  std::uint16_t plain_port_;
  std::uint16_t port_ = 0;
  base::Fd listener_;
  base::Fd stop_;
  mutable std::mutex mutex_;
  std::vector<std::string> problems_;
  std::vector<std::thread> connections_;
  std::thread thread_;
};

}  // namespace support
