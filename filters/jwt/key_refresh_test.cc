#include "filters/jwt/filter_fixture.h"
#include "filters/jwt/key_set.h"

namespace sp::jwt {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using sp::testing::FakeAnswer;

json FetchingConfig(const json& more = json::object()) {
  json config = {{"issuer", kIssuer}, {"jwks", {{"cluster", "idp"}, {"path", "/keys"}}}};
  config["jwks"].update(more);
  return config;
}

struct Fixture {
  explicit Fixture(const json& more = json::object()) {
    host.clusters = {"idp"};
    config = MakeConfig(host, FetchingConfig(more));
  }
  void AnswerLast(const FakeAnswer& answer) { config->Answer(config->calls.size() - 1, answer); }
  size_t Fetches() const { return config->calls.size(); }
  std::string Token(const char* key_id, const Signer& signer = EdSigner()) {
    return MakeToken(signer, Algorithm::kEdDsa, Claims(host), {{"kid", key_id}});
  }

  FakeHost host;
  std::unique_ptr<FakeConfig> config;
};

std::string KeysNamed(std::initializer_list<const char*> ids) {
  json list = json::array();
  for (const char* id : ids) list.push_back(EdSigner().Jwk({{"kid", id}}));
  return json{{"keys", list}}.dump();
}
FakeAnswer Keys(std::initializer_list<const char*> ids) { return {200, KeysNamed(ids), {}, ""}; }

TEST_CASE("T82: the first keys are there before requests are; until then it is not ready, and 503", "[jwt]") {
  Fixture f;
  CHECK_FALSE(f.config->ready);
  REQUIRE(f.Fetches() == 1);
  CHECK(f.config->calls[0].cluster == "idp");
  CHECK(f.config->calls[0].path == "/keys");
  CHECK(f.config->calls[0].timeout == 5s);
  CHECK(Send(*f.config, f.Token("a")) == "503 jwt.keys");
  CHECK(Send(*f.config, "rubbish") == "401 jwt.malformed");
  f.AnswerLast(Keys({"a"}));
  CHECK(f.config->ready);
  CHECK(Send(*f.config, f.Token("a")) == "200");
  CHECK(f.host.Metric("key_fetches_total{result=\"ok\"}") == 1);
}

TEST_CASE("on_unavailable: serve is ready at once", "[jwt]") {
  Fixture f(json{{"on_unavailable", "serve"}});
  CHECK(f.config->ready);
  CHECK(Send(*f.config, f.Token("a")) == "503 jwt.keys");
}

TEST_CASE("T82: whatever comes instead of keys changes nothing", "[jwt]") {
  const std::vector<FakeAnswer> failures = {
      {0, "", {}, "upstream.timeout"},
      {500, KeysNamed({"evil"}), {}, ""},
      {204, "", {}, ""},
      {302, KeysNamed({"evil"}), {{"location", "http://169.254.169.254/"}}, ""},
      {200, "<html>", {}, ""},
      {200, R"({"keys":[]})", {}, ""},
      {200, "", {}, ""},
      {200, std::string(kMaxKeySetBytes + 1, ' '), {}, ""},
  };
  for (const FakeAnswer& failure : failures) {
    INFO(failure.status << " " << failure.body.substr(0, 40));
    Fixture f;
    f.AnswerLast(failure);
    CHECK_FALSE(f.config->ready);
    CHECK(Send(*f.config, f.Token("a")) == "503 jwt.keys");
    CHECK(f.host.Metric("key_fetches_total{result=\"failed\"}") == 1);
    f.host.Advance(1s);
    REQUIRE(f.Fetches() == 2);
    f.AnswerLast(Keys({"a"}));
    CHECK(f.config->ready);
    f.host.Advance(5min);
    REQUIRE(f.Fetches() == 3);
    f.AnswerLast(failure);  // the old ones are kept
    CHECK(Send(*f.config, f.Token("a")) == "200");
    CHECK(Send(*f.config, f.Token("evil")) == "200");  // paused: asks for keys
  }
}

TEST_CASE("T82: failures are followed by longer and longer pauses, and keys in the end by none", "[jwt]") {
  Fixture f(json{{"refresh", "1m"}, {"max_age", "10m"}});
  f.AnswerLast(Keys({"a"}));
  f.host.Advance(60s);
  REQUIRE(f.Fetches() == 2);
  auto fail_for = [&](int seconds) {
    for (int i = 0; i < seconds; ++i) {
      if (!f.config->calls.back().done) f.AnswerLast({500, "", {}, ""});
      f.host.Advance(1s);
    }
  };
  const size_t before = f.Fetches();
  fail_for(8 * 60);
  CHECK(f.Fetches() - before >= 10);
  CHECK(f.Fetches() - before <= 16);
  CHECK(Send(*f.config, f.Token("a")) == "200");
  fail_for(2 * 60);
  CHECK(Send(*f.config, f.Token("a")) == "503 jwt.keys");
  f.host.Advance(60s);
  f.AnswerLast(Keys({"a"}));
  CHECK(Send(*f.config, f.Token("a")) == "200");
}

TEST_CASE("keys are refreshed, never later than said; a removed key ends what was cached", "[jwt]") {
  Fixture f;
  f.AnswerLast(Keys({"a", "b"}));
  const std::string token = f.Token("a");
  CHECK(Send(*f.config, token) == "200");
  CHECK(Send(*f.config, token) == "200");
  f.host.Advance(4min);
  CHECK(f.Fetches() == 1);
  f.host.Advance(1min);
  REQUIRE(f.Fetches() == 2);
  f.AnswerLast(Keys({"a", "b"}));  // the same: nothing ends
  const int64_t hits = f.host.Metric("cache_lookups_total{result=\"hit\"}");
  CHECK(Send(*f.config, token) == "200");
  CHECK(f.host.Metric("cache_lookups_total{result=\"hit\"}") == hits + 1);
  f.host.Advance(4min + 59s);
  f.host.Advance(1s);
  REQUIRE(f.Fetches() == 3);
  f.AnswerLast(Keys({"b"}));
  FakeStream s(*f.config);
  s.request.emplace_back("authorization", "Bearer " + f.Token("a"));
  CHECK(s.RequestHead() == SP_PAUSE);  // its key is gone: maybe a newer set has it
}

TEST_CASE("T82: a token with a new key waits for one fetch, and passes", "[jwt]") {
  Fixture f;
  f.AnswerLast(Keys({"a"}));
  FakeStream first(*f.config);
  first.request.emplace_back("authorization", "Bearer " + f.Token("new"));
  FakeStream second(*f.config);
  second.request.emplace_back("authorization", "Bearer " + f.Token("never"));
  CHECK(first.RequestHead() == SP_PAUSE);
  CHECK(second.RequestHead() == SP_PAUSE);
  f.host.Turn();
  CHECK(f.Fetches() == 2);  // one for both
  CHECK(Send(*f.config, f.Token("a")) == "200");
  f.AnswerLast(Keys({"a", "new"}));
  f.host.Turn();
  CHECK(first.resumed == std::vector<std::pair<uint32_t, sp_result>>{{SP_REQUEST, SP_CONTINUE}});
  CHECK(first.Metadata("sub") == "alice");
  CHECK(Outcome(second) == "401 jwt.kid");
  CHECK(second.resumed.empty());
}

TEST_CASE("T82: random key ids fetch at most once in 30 s, and known ones pass meanwhile", "[jwt]") {
  Fixture f;
  f.AnswerLast(Keys({"a"}));
  auto attack = [&](int i) {
    FakeStream s(*f.config);
    s.request.emplace_back("authorization", "Bearer " + f.Token(("x" + std::to_string(i)).c_str()));
    s.RequestHead();
    f.host.Turn();
    if (!f.config->calls.back().done) f.AnswerLast(Keys({"a"}));
    f.host.Turn();
    return Outcome(s);
  };
  for (int i = 0; i < 100; ++i) CHECK(attack(i) == "401 jwt.kid");
  CHECK(f.Fetches() == 2);
  CHECK(Send(*f.config, f.Token("a")) == "200");
  f.host.Advance(29s);
  CHECK(attack(100) == "401 jwt.kid");
  CHECK(f.Fetches() == 2);
  f.host.Advance(1s);
  CHECK(attack(101) == "401 jwt.kid");
  CHECK(f.Fetches() == 3);
}

TEST_CASE("a request does not wait longer than the fetch may take, and may go meanwhile", "[jwt]") {
  Fixture f;
  f.AnswerLast(Keys({"a"}));
  FakeStream slow(*f.config);
  slow.request.emplace_back("authorization", "Bearer " + f.Token("new"));
  CHECK(slow.RequestHead() == SP_PAUSE);
  {
    FakeStream gone(*f.config);
    gone.request.emplace_back("authorization", "Bearer " + f.Token("new"));
    CHECK(gone.RequestHead() == SP_PAUSE);
  }
  f.host.Advance(6s);
  CHECK(Outcome(slow) == "401 jwt.kid");
  f.AnswerLast(Keys({"new"}));
  f.host.Turn();
  CHECK(slow.resumed.empty());
}

TEST_CASE("T82: a reload starts with the keys that are known, also while the issuer is down", "[jwt]") {
  Fixture f;
  f.AnswerLast(Keys({"a"}));
  f.host.Advance(1min);
  auto next = MakeConfig(f.host, FetchingConfig());
  CHECK(next->ready);
  CHECK(next->calls.empty());
  CHECK(Send(*next, f.Token("a")) == "200");
  SECTION("but not with those of another address") {
    auto other = MakeConfig(f.host, FetchingConfig({{"path", "/other"}}));
    CHECK_FALSE(other->ready);
    CHECK(other->calls.size() == 1);
  }
  SECTION("and of both only one fetches on") {
    f.host.Advance(4min);
    REQUIRE(f.Fetches() + next->calls.size() >= 2);
    for (FakeConfig* config : {f.config.get(), next.get()}) {
      for (size_t i = 0; i < config->calls.size(); ++i) config->Answer(i, Keys({"a", "b"}));
    }
    const size_t fetches = f.Fetches() + next->calls.size();
    f.host.Advance(1min);
    CHECK(f.Fetches() + next->calls.size() == fetches);
    f.host.Turn();
  }
  SECTION("and too old ones are fetched") {
    f.host.Advance(6min);
    auto later = MakeConfig(f.host, FetchingConfig());
    CHECK_FALSE(later->ready);
    CHECK(later->calls.size() == 1);
  }
}

}  // namespace
}  // namespace sp::jwt
