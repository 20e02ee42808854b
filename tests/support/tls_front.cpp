#include "tests/support/tls_front.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string_view>

#include "base/check.h"

namespace support {

namespace {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using File = std::unique_ptr<std::FILE, Freer<std::fclose>>;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  address.sin_port = ::htons(port);
  return address;
}

void reset(int fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

TestCertificate::TestCertificate(const std::string& directory, State state)
    : cert_file(directory + "/cert.pem"), key_file(directory + "/key.pem") {
  constexpr long kDay = 86'400;
  const std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
  const std::unique_ptr<X509, Freer<X509_free>> cert(X509_new());
  ASSERT(key != nullptr && cert != nullptr);
  X509_set_version(cert.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -2 * kDay);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), state == State::kGood ? kDay : -kDay);
  X509_NAME* name = X509_get_subject_name(cert.get());
  const auto* common = reinterpret_cast<const unsigned char*>("127.0.0.1");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0);
  X509_set_issuer_name(cert.get(), name);
  const std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>> names(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost"));
  X509_add_ext(cert.get(), names.get(), -1);
  X509_set_pubkey(cert.get(), key.get());
  ASSERT(X509_sign(cert.get(), key.get(), EVP_sha256()) > 0);
  const File cert_out(std::fopen(cert_file.c_str(), "w"));
  const File key_out(std::fopen(key_file.c_str(), "w"));
  ASSERT(cert_out != nullptr && PEM_write_X509(cert_out.get(), cert.get()) == 1);
  ASSERT(key_out != nullptr && PEM_write_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0,
                                                    nullptr, nullptr) == 1);
}

void TlsFront::ContextDeleter::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

TlsFront::TlsFront(const TestCertificate& certificate, std::uint16_t plain_port, std::uint16_t port)
    : context_(SSL_CTX_new(TLS_server_method())),
      plain_port_(plain_port),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  ASSERT(SSL_CTX_use_certificate_file(context_.get(), certificate.cert_file.c_str(),
                                      SSL_FILETYPE_PEM) == 1);
  ASSERT(SSL_CTX_use_PrivateKey_file(context_.get(), certificate.key_file.c_str(),
                                     SSL_FILETYPE_PEM) == 1);
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address = loopback(port);
  socklen_t size = sizeof(address);
  ASSERT(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  ASSERT(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ASSERT(::listen(listener_.get(), 64) == 0);
  port_ = ::ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

TlsFront::~TlsFront() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof(one));
  thread_.join();
  for (std::thread& connection : connections_) {
    connection.join();
  }
}

std::vector<std::string> TlsFront::problems() const {
  const std::scoped_lock lock(mutex_);
  return problems_;
}

void TlsFront::tell(std::string problem) {
  const std::scoped_lock lock(mutex_);
  problems_.push_back(std::move(problem));
}

void TlsFront::run() {
  for (;;) {
    std::array<pollfd, 2> polls{{{.fd = listener_.get(), .events = POLLIN, .revents = 0},
                                 {.fd = stop_.get(), .events = POLLIN, .revents = 0}}};
    ::poll(polls.data(), polls.size(), -1);
    if (polls[1].revents != 0) {
      return;
    }
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) {
      connections_.emplace_back([this, fd] { serve(fd); });
    }
  }
}

void TlsFront::serve(int fd) {
  const base::Fd client(fd);
  const base::Fd plain(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const std::unique_ptr<SSL, Freer<SSL_free>> session(SSL_new(context_.get()));
  SSL_set_fd(session.get(), fd);
  if (SSL_accept(session.get()) != 1) {
    return;  // the client does not like the certificate
  }
  const sockaddr_in address = loopback(plain_port_);
  if (::connect(plain.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    reset(fd);
    return;
  }
  pump(session.get(), fd, plain.get());
}

void TlsFront::pump(SSL* session, int client, int plain) {
  std::array<char, 16'384> part{};
  bool client_open = true;
  for (;;) {
    const bool buffered = client_open && SSL_pending(session) > 0;
    std::array<pollfd, 3> polls{{{.fd = client_open ? client : -1, .events = POLLIN, .revents = 0},
                                 {.fd = plain, .events = POLLIN, .revents = 0},
                                 {.fd = stop_.get(), .events = POLLIN, .revents = 0}}};
    ::poll(polls.data(), polls.size(), buffered ? 0 : -1);
    if (polls[2].revents != 0) {
      return;
    }
    if (buffered || polls[0].revents != 0) {
      const int count = SSL_read(session, part.data(), static_cast<int>(part.size()));
      if (count > 0 && !send_all(plain, {part.data(), static_cast<std::size_t>(count)})) {
        reset(client);
        return;
      }
      if (count <= 0) {
        if (SSL_get_error(session, count) != SSL_ERROR_ZERO_RETURN) {
          tell("the client ended without close_notify");
          reset(plain);
          return;
        }
        client_open = false;
        ::shutdown(plain, SHUT_WR);
      }
    }
    if (polls[1].revents != 0) {
      const ssize_t count = ::recv(plain, part.data(), part.size(), 0);
      if (count < 0) {
        reset(client);
        return;
      }
      if (count == 0) {
        SSL_shutdown(session);
        return;
      }
      SSL_write(session, part.data(), static_cast<int>(count));
    }
  }
}

}  // namespace support
