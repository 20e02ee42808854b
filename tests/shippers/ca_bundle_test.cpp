// Also the other part of TLS that differs between builds: shippers/stream/close_notify.h, which
// stream_destination_test.cpp sees from the receiver's side, and
// shippers/stream/close_notify_mbedtls.cpp in the static build, tests/container.
#include "shippers/http/ca_bundle.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

namespace shippers {
namespace {

TEST(CaBundleTest, TheVariableHasTheLastWord) {
  ASSERT_EQ(::setenv("SSL_CERT_FILE", "/nowhere/at/all.pem", 1), 0);
  EXPECT_EQ(find_ca_bundle(), "/nowhere/at/all.pem");
  ASSERT_EQ(::setenv("SSL_CERT_FILE", "", 1), 0);
  EXPECT_NE(find_ca_bundle(), "/nowhere/at/all.pem");
  ::unsetenv("SSL_CERT_FILE");
}

TEST(CaBundleTest, WhatIsFoundCanBeRead) {
  const std::string bundle = find_ca_bundle();
  if (!bundle.empty()) {  // an image may have none
    EXPECT_EQ(::access(bundle.c_str(), R_OK), 0);
  }
}

}  // namespace
}  // namespace shippers
