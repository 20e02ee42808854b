#include "logging/sink.h"

#include <unistd.h>

#include <string_view>

namespace logging {

void Sink::manage_spool(SpoolAction /*action*/, base::Fd reply) {
  constexpr std::string_view kAnswer =
      R"({"error":"it has no spool: it is no sink across a network"})";
  [[maybe_unused]] const auto written = ::write(reply.get(), kAnswer.data(), kAnswer.size());
}

}  // namespace logging
