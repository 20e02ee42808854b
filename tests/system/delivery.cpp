#include "tests/system/delivery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <random>

#include "tests/support/paths.h"

namespace support {

namespace {

constexpr std::array<const char*, 4> kServices{"alone1", "alone2", "both1", "both2"};
constexpr std::chrono::milliseconds kFlowPatience = 5s;

std::string generator(const std::string& name, const DeliveryPlan& plan) {
  const std::string sink = name.starts_with("alone") ? "alone" : "shared";
  const std::string options = plan.generator_options.empty() ? "" : ", " + plan.generator_options;
  return "[service." + name + "]\ntype = \"oneshot\"\nlog = [\"" + sink +
         "\"]\ncommand = [\"@LOGGEN@\", \"--id\", \"" + name + "\", \"--stream\", \"both\"" +
         ", \"--lines\", \"" + std::to_string(plan.lines) + "\"" + options + "]\n";
}

std::uint64_t received(const Instance& birl, const Flow& flow) {
  std::uint64_t sum = 0;
  for (const std::string& name : flow.sinks) {
    const Json sink = birl.sink(name);
    sum += sink.is_object() ? sink["received"].get<std::uint64_t>() : 0;
  }
  return sum;
}

/// Waits for a router that is not `last` and has moved lines if there are any left to move.
std::optional<pid_t> next_router(const Instance& birl, pid_t last, const Flow& flow,
                                 bool while_it_works) {
  std::optional<pid_t> pid;
  static_cast<void>(eventually([&] {
    pid = birl.router_pid();
    return pid && *pid != last;
  }));
  if (while_it_works) {
    const std::uint64_t before = received(birl, flow);
    static_cast<void>(
        eventually([&] { return received(birl, flow) > before || generators_finished(birl, flow); },
                   kFlowPatience));
  }
  return pid;
}

}  // namespace

InstanceOptions make_delivery(const DeliveryPlan& plan) {
  std::string config = plan.birl_keys + R"(
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[sink.alone]
type = "file"
path = "@DIR@/log/{service}/current"
)" + plan.sink_keys + R"(
[sink.shared]
type = "file"
path = "@DIR@/log/shared/current"
)" + plan.sink_keys + "\n";
  for (const char* name : kServices) {
    config += generator(name, plan);
  }
  return {.config = config};
}

bool generators_finished(const Instance& birl, const Flow& flow) {
  return std::ranges::all_of(flow.services,
                             [&](const std::string& name) { return birl.state(name) == "done"; });
}

bool has_delivered(const Instance& birl, std::string_view sink, std::uint64_t lines) {
  const Json status = birl.sink(sink);
  return status.is_object() && status["received"] >= lines && status["buffered"] == 0;
}

bool delivery_finished(const Instance& birl, const DeliveryPlan& plan) {
  return generators_finished(birl) && has_delivered(birl, "alone", plan.lines * 4) &&
         has_delivered(birl, "shared", plan.lines * 4);
}

void expect_exact_ledger(const Instance& birl) {
  const Json status = birl.status();
  ASSERT_TRUE(status.is_object());
  for (const Json& sink : status["sinks"]) {
    std::uint64_t accounted =
        sink["delivered"].get<std::uint64_t>() + sink["buffered"].get<std::uint64_t>();
    for (const Json& dropped : sink["dropped"]) {
      accounted += dropped.get<std::uint64_t>();
    }
    EXPECT_EQ(sink["received"].get<std::uint64_t>(), accounted) << sink.dump();
  }
}

void expect_lines(const Instance& birl, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "logcheck");
  for (std::string& argument : arguments) {
    argument = birl.expand(argument);
  }
  const CommandResult result =
      run_command({.program = logcheck_path(), .argv = std::move(arguments)});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

void unpack_logs(const Instance& birl) {
  const std::string script = R"(cd "$0" && for file in log/*/*; do
  copy=plain/${file#log/}; copy=${copy%.gz}
  mkdir -p "${copy%/*}"
  case $file in *.gz) gzip -dc "$file" ;; *) cat "$file" ;; esac | sed 's/^[^ ]* //' >"$copy"
done)";
  const CommandResult unpacked =
      run_command({.program = "/bin/sh", .argv = {"sh", "-ec", script, birl.directory().path()}});
  EXPECT_EQ(unpacked.code, 0) << unpacked.err;
}

void expect_delivered(const Instance& birl, const DeliveryPlan& plan, const std::string& root) {
  std::vector<std::string> arguments{root + "/alone1", root + "/alone2", root + "/shared"};
  const std::string count = std::to_string(plan.lines);
  for (const std::string name : kServices) {
    for (const std::string stream : {"out", "err"}) {
      arguments.insert(arguments.end(), {"--expect", name + ":" + stream + ":" + count});
    }
  }
  expect_lines(birl, arguments);
  expect_exact_ledger(birl);
  for (const char* name : {"alone", "shared"}) {
    const Json sink = birl.sink(name);
    EXPECT_EQ(sink["received"], plan.lines * 4) << name;
    EXPECT_EQ(sink["delivered"], plan.lines * 4) << name;
  }
  for (const char* name : kServices) {
    const Json streams = birl.service(name)["streams"];
    EXPECT_EQ(streams["stdout"]["lines"], plan.lines) << name;
    EXPECT_EQ(streams["stderr"]["lines"], plan.lines) << name;
  }
}

int kill_router_often(const Instance& birl, int count, const Flow& flow) {
  std::minstd_rand random(std::random_device{}());
  std::uniform_int_distribution<int> delay_us(0, 8000);
  pid_t last = 0;
  int early = 0;
  for (int i = 0; i < count; ++i) {
    const auto pid = next_router(birl, last, flow, i % 2 == 0);
    if (!pid || *pid == last) {
      ADD_FAILURE() << "no new router after kill " << i;
      return early;
    }
    idle_for(std::chrono::microseconds(delay_us(random)));
    EXPECT_EQ(::kill(*pid, SIGKILL), 0);
    last = *pid;
    expect_exact_ledger(birl);
    early += generators_finished(birl, flow) ? 0 : 1;
  }
  return early;
}

}  // namespace support
