// What becomes of lines: groups and redaction.
#include <algorithm>

#include "logging/pipeline/record_run.h"
#include "logging/pipeline/redact.h"
#include "logging/pipeline/secrets.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

using logging::Cursor;
using logging::FrameView;

std::unique_ptr<logging::RecordRun> make_run(std::uint8_t choice) {
  const auto presets = enum_names(logging::MultilinePreset{});
  logging::StepConfig step;
  step.multiline = logging::MultilineConfig{};
  step.multiline->preset = presets[choice % presets.size()];
  logging::PipelineConfig config;
  config.steps = {step};
  logging::Pipeline pipeline(logging::RecordSource{.service = "web", .fields = {}});
  static_cast<void>(pipeline.add(config, "h"));
  return std::make_unique<logging::RecordRun>(
      std::move(pipeline), logging::RecordFormatter(logging::RecordFormat::kText, "h"));
}

const logging::Redactor& all_secrets() {
  static const logging::Redactor kRedactor = [] {
    const auto names = enum_names(logging::Secret{});
    return *logging::Redactor::make({names.begin(), names.end()});
  }();
  return kRedactor;
}

/// Nothing but what is redacted is missing: the rest comes in its order.
std::string compare_rest(std::string_view text, std::string_view clean) {
  while (true) {
    const std::size_t end = clean.find(logging::kRedacted);
    const std::string_view kept = clean.substr(0, end);
    const std::size_t found = text.find(kept);
    if (found == std::string_view::npos) {
      return "text was changed that is no secret";
    }
    if (end == std::string_view::npos) {
      return "";
    }
    text.remove_prefix(found + kept.size());
    clean.remove_prefix(end + logging::kRedacted.size());
  }
}

std::string try_spans(std::string_view text) {
  for (std::uint8_t index = 0; index < enum_names(logging::Secret{}).size(); ++index) {
    std::size_t from = 0;
    while (const auto span =
               logging::find_secret(static_cast<logging::Secret>(index), text, from)) {
      if (span->begin < from || span->end <= span->begin || span->end > text.size()) {
        return "a secret has a span that cannot be";
      }
      from = span->end;
    }
  }
  return "";
}

/// An object whose secrets are gone is still written as one.
std::string try_object(std::string_view text, logging::Arena& arena) {
  logging::JsonParser parser;
  logging::Record record;
  record.raw = {text, logging::ValueKind::kText};
  record.message = record.raw;
  if (!parser.parse(text, arena, record.fields).empty()) {
    return "";
  }
  record.origin = logging::TextOrigin::kJson;
  all_secrets().apply(record, arena);
  logging::RecordFormatter formatter(logging::RecordFormat::kJson, "h");
  logging::TextBuffer written;
  formatter.append(record, written);
  logging::FieldList again;
  return std::string(parser.parse(written.text(), arena, again));
}

}  // namespace

/// The first byte chooses the rule, the second how much goes into one run. All lines come out, and
/// each run is the same when it is made again.
std::string try_multiline(std::string_view data) {
  if (data.size() < 3) {
    return "";
  }
  const auto run = make_run(static_cast<std::uint8_t>(data[0]));
  const std::uint64_t room = 1U + static_cast<std::uint8_t>(data[1]);
  std::string text(data.substr(2));
  text += text.ends_with('\n') ? "" : "\n";
  FrameView frame;
  frame.header.bytes = static_cast<std::uint32_t>(text.size());
  frame.header.lines = static_cast<std::uint32_t>(std::ranges::count(text, '\n'));
  frame.header.check = 1;
  frame.header.time_ns = 1'704'164'645'000'000'000;
  std::string out;
  for (Cursor from; from.frame == 0;) {
    frame.bytes = std::string_view(text).substr(from.offset);
    const std::span<const FrameView> frames(&frame, 1);
    const logging::RecordPlan plan = run->plan(frames, from, {.bytes = room, .fresh = true}, false,
                                               logging::RecordRunLimits::kEndOfTimeNs);
    if (plan.wait_until_ns != 0 || plan.is_full || plan.to == from) {
      return "a run takes nothing";
    }
    const std::string planned(run->output());
    static_cast<void>(run->rebuild(frames, from, plan.to));
    if (run->output() != planned) {
      return "a run is another one when it is made again";
    }
    out += planned;
    from = plan.to;
  }
  return out == text ? "" : "lines have changed";
}

std::string try_redact(std::string_view data) {
  if (std::string flaw = try_spans(data); !flaw.empty()) {
    return flaw;
  }
  logging::Arena arena;
  if (std::string flaw = compare_rest(data, all_secrets().redact(data, arena)); !flaw.empty()) {
    return flaw;
  }
  return try_object(data, arena);
}

}  // namespace fuzz
