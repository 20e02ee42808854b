// Records in a file: lines go through a pipeline and come out as json, logfmt, text or raw.
//
// A record is never split over two files and always ends with a newline, so a run leaves no line
// open; one that another format left open is ended first. logging/pipeline/record_run.h says where
// a run ends and why it can be made again.
#pragma once

#include "logging/pipeline/record_run.h"
#include "shippers/file/run.h"

namespace shippers {

class RecordRunFormat final : public RunFormat {
 public:
  RecordRunFormat(logging::Pipeline pipeline, logging::RecordFormatter formatter)
      : records_(std::move(pipeline), std::move(formatter)) {}

  [[nodiscard]] RunPlan plan(const RunSource& source, FileRoom room, Run& run) override;
  void rebuild(const RunSource& source, const logging::Cursor& to, Run& run) override;
  void committed() override { records_.commit(); }
  [[nodiscard]] std::size_t peek_bytes_min() const override;

 private:
  void finish(const RunSource& source, Run& run);

  logging::RecordRun records_;
};

}  // namespace shippers
