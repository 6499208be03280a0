// Verdicts about raw requests, each checked in every split, alone and glued to good requests (THREATS T23).
#pragma once

#include <string>

#include "test/support/catch.h"
#include "test/support/h1_exchange.h"

namespace sp::testing {

using http::AfterOutput;

inline const std::string kGood = "GET /good HTTP/1.1\r\nHost: a\r\n\r\n";
inline const std::string kGoodLog = "GET /good host=a | end | closed";
inline const std::string kGoodAnswer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n/good";

inline std::string Get(const std::string& fields, const std::string& rest = "") {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + rest;
}
inline std::string Post(const std::string& fields, const std::string& rest = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + rest;
}
inline std::string Chunked(const std::string& body) { return Post("Transfer-Encoding: chunked\r\n", body); }
inline std::string Bytes(const char* text, size_t size) { return std::string(text, size); }

// Refused by its head, alone and glued between good requests: one answer of ours, nothing reaches a sink, nothing
// behind is read (T20, T23).
inline void Refused(const std::string& raw, Reason reason, const ServerSetup& setup = {}) {
  INFO(raw.substr(0, 300));
  const std::string status = "HTTP/1.1 " + std::to_string(InfoOf(reason).status) + " ";
  const auto check = [&](const ServerRun& run, const std::string& log_before, const std::string& output_before) {
    CHECK(run.log == log_before + "bad " + std::string(TokenOf(reason)));
    REQUIRE(run.output.substr(0, output_before.size()) == output_before);
    const std::string answer = run.output.substr(output_before.size());
    CHECK(answer.substr(0, status.size()) == status);
    CHECK_THAT(answer, ContainsSubstring("connection: close\r\n"));
    CHECK_THAT(answer, ContainsSubstring("\"reason\":\"" + std::string(TokenOf(reason)) + "\""));
    CHECK_THAT(answer, ContainsSubstring("details=\"" + std::string(TokenOf(reason)) + "\""));
    CHECK(run.after == AfterOutput::kLinger);
  };
  check(RunServer(raw, setup), "", "");
  check(RunServer(raw + kGood, setup), "", "");
  check(RunServer(kGood + raw + kGood, setup), kGoodLog + " | ", kGoodAnswer);
}

// Accepted so far, then wrong in its body: the sink hears of it and answers; nothing behind is read.
inline void FailsInBody(const std::string& raw, Reason reason, const ServerSetup& setup = {}) {
  INFO(raw.substr(0, 300));
  for (const std::string& glued : {raw, raw + kGood}) {
    const ServerRun run = RunServer(glued, setup);
    CHECK(run.error == reason);
    CHECK(run.streams == 1);
    CHECK_THAT(run.log, !ContainsSubstring("| end"));
    CHECK_THAT(run.output, ContainsSubstring("HTTP/1.1 " + std::to_string(InfoOf(reason).status) + " "));
    CHECK_THAT(run.output, ContainsSubstring("connection: close\r\n"));
    CHECK_THAT(run.output, ContainsSubstring(std::string(TokenOf(reason))));
    CHECK(run.after == AfterOutput::kLinger);
  }
}

// Accepted, and the connection goes on.
inline void Accepted(const std::string& raw, const std::string& log, const ServerSetup& setup = {}) {
  INFO(raw.substr(0, 300));
  CHECK(RunServer(raw, setup).log == log + " | closed");
  const ServerRun run = RunServer(kGood + raw + kGood, setup);
  CHECK(run.log == kGoodLog + " | " + log + " | closed | " + kGoodLog);
  CHECK(run.after == AfterOutput::kKeep);
}

}  // namespace sp::testing
