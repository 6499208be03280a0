#include "core/plugin_host/schema.h"

#include <nlohmann/json.hpp>

#include "test/support/catch.h"

namespace sp::plugin_host {
namespace {

using testing::ContainsSubstring;

std::shared_ptr<const Schema> Compiled(std::string_view text) {
  std::vector<std::string> errors;
  auto schema = Schema::Compile(text, &errors);
  CAPTURE(text, errors);
  REQUIRE(schema != nullptr);
  return schema;
}

std::string CompileError(std::string_view text) {
  std::vector<std::string> errors;
  CHECK(Schema::Compile(text, &errors) == nullptr);
  std::string out;
  for (const std::string& error : errors) out += error + "\n";
  return out;
}

struct Result {
  std::string value;
  std::string errors;
  std::vector<Reference> references;
};

Result Validate(std::string_view schema, std::string_view value, Schema::Defaults defaults = Schema::Defaults::kFill) {
  std::string error;
  auto document = Document::Parse(value, &error);
  REQUIRE(document);
  Result result;
  FieldErrors errors;
  Compiled(schema)->Validate(*document, defaults, FieldPath("c"), &errors, &result.references);
  for (const FieldError& e : errors) result.errors += e.ToString() + "\n";
  result.value = document->Text();
  return result;
}

TEST_CASE("A schema accepts and refuses values") {
  struct Row {
    std::string_view schema, value, errors;
  };
  const Row rows[] = {
      {R"({"type":"string"})", R"("x")", ""},
      {R"({"type":"string"})", "5", "c: must be text, not a number\n"},
      {R"({"type":["string","null"]})", "null", ""},
      {R"({"type":["string","integer"]})", "1.5", "c: must be text or a whole number, not a number\n"},
      {R"({"type":"integer"})", "5.0", ""},
      {R"({"type":"integer"})", "5.5", "c: must be a whole number, not a number\n"},
      {R"({"type":"number"})", "5", ""},
      {R"({"type":"boolean"})", R"("true")", "c: must be true or false, not text\n"},
      {"true", "{}", ""},
      {"false", "1", "c: is not allowed here\n"},
      {R"({"enum":["open","closed"]})", R"("open")", ""},
      {R"({"enum":["open","closed"]})", R"("clsoed")",
       "c: must be one of \"open\", \"closed\" (did you mean \"closed\"?)\n"},
      {R"({"const":3})", "3.0", ""},
      {R"({"const":3})", "4", "c: must be 3\n"},
      {R"({"minimum":1,"exclusiveMaximum":10})", "10", "c: must be < 10\n"},
      {R"({"minimum":1,"exclusiveMaximum":10})", "0.5", "c: must be >= 1\n"},
      {R"({"exclusiveMinimum":0,"maximum":2})", "0", "c: must be > 0\n"},
      {R"({"exclusiveMinimum":0,"maximum":2})", "3", "c: must be <= 2\n"},
      {R"({"multipleOf":0.1})", "0.3", ""},
      {R"({"multipleOf":2})", "3", "c: must be a multiple of 2\n"},
      {R"({"minLength":1})", R"("")", "c: must not be empty\n"},
      {R"({"minLength":2,"maxLength":3})", "\"äöü\"", ""},
      {R"({"maxLength":3})", "\"äöüß\"", "c: must have at most 3 characters\n"},
      {R"({"pattern":"^[a-z]+$"})", R"("abc")", ""},
      {R"({"pattern":"^[a-z]+$"})", R"("aBc")", "c: must match ^[a-z]+$\n"},
      {R"({"pattern":"b"})", R"("abc")", ""},
      {R"({"items":{"type":"integer"},"minItems":1,"maxItems":2})", "[]", "c: must not be empty\n"},
      {R"({"items":{"type":"integer"},"maxItems":2})", R"([1,"x",3])",
       "c: must have at most 2 elements\nc[1]: must be a whole number, not text\n"},
      {R"({"uniqueItems":true})", "[1,2,1]", "c[2]: is given twice\n"},
      {R"({"required":["a","b"]})", R"({"b":1})", "c.a: is required\n"},
      {R"({"properties":{"rate":{}},"additionalProperties":false})", R"({"rtae":1})",
       "c.rtae: unknown field (did you mean \"rate\"?)\n"},
      {R"({"additionalProperties":{"type":"integer"}})", R"({"x":1,"y":"z"})",
       "c.y: must be a whole number, not text\n"},
      {R"({"minProperties":1,"maxProperties":1})", "{}", "c: must have at least 1 members\n"},
      {R"({"minProperties":1,"maxProperties":1})", R"({"a":1,"b":2})", "c: must have at most 1 members\n"},
      {R"({"not":{"type":"string"}})", R"("x")", "c: has a form that is not allowed\n"},
      {R"({"allOf":[{"required":["a"]},{"required":["b"]}]})", "{}", "c.a: is required\nc.b: is required\n"},
      {R"({"$ref":"#/$defs/port","$defs":{"port":{"type":"integer","maximum":65535}}})", "70000",
       "c: must be <= 65535\n"},
      {R"({"properties":{"next":{"$ref":"#"}},"additionalProperties":false})", R"({"next":{"next":{"x":1}}})",
       "c.next.next.x: unknown field\n"},
      {R"({"format":"duration"})", R"("1h30m")", ""},
      {R"({"format":"duration"})", "0", ""},
      {R"({"format":"duration"})", "5", "c: must be a duration such as 5s or 250ms\n"},
      {R"({"format":"duration","minimum":0.001,"maximum":60})", R"("2m")", "c: must be <= 60s\n"},
      {R"({"type":"string","format":"byte_size","maximum":1024})", R"("1MiB")", "c: must be <= 1024B\n"},
      {R"({"type":"string","format":"byte_size"})", "65536", ""},
      {R"({"format":"byte_size"})", "-1", "c: must be a size such as 64KiB\n"},
      {R"({"format":"cidr"})", R"("10.0.0.0/8")", ""},
      {R"({"format":"cidr"})", R"("2001:db8::/129")", "c: must be an address or a network such as 10.0.0.0/8\n"},
      {R"({"format":"cidr"})", R"("10.0.0.1")", ""},
      {R"({"format":"ip"})", R"("10.0.0.0/8")", "c: must be an IP address\n"},
      {R"({"format":"regex"})", R"("(")", "c: must be a regular expression (RE2)\n"},
      {R"({"format":"header_name"})", R"("x y")", "c: must be a header name\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.schema, row.value);
    CHECK(Validate(row.schema, row.value).errors == row.errors);
  }
}

TEST_CASE("All that is wrong is said at once, up to a limit") {
  const auto result = Validate(R"({"required":["a"],"properties":{"b":{"type":"integer"},"c":{"type":"array",
      "items":{"type":"string"}}}})",
                               R"({"b":"x","c":[1,"y",2]})");
  CHECK(result.errors ==
        "c.a: is required\nc.b: must be a whole number, not text\nc.c[0]: must be text, not a number\n"
        "c.c[2]: must be text, not a number\n");
  std::string many = "[0";
  for (int i = 0; i < 1000; ++i) many += ",0";
  const auto limited = Validate(R"({"items":{"type":"string"}})", many + "]");
  CHECK(std::count(limited.errors.begin(), limited.errors.end(), '\n') == Schema::kMaxErrors);
}

TEST_CASE("Absent members take their defaults, also inside one another") {
  constexpr std::string_view kSchema = R"({"properties":{
      "a":{"type":"integer","default":1},
      "b":{"default":{},"properties":{"c":{"$ref":"#/$defs/seven"}}},
      "d":{"properties":{"e":{"default":2}}}},
      "$defs":{"seven":{"default":7}}})";
  CHECK(Validate(kSchema, "{}").value == R"({"a":1,"b":{"c":7}})");
  CHECK(Validate(kSchema, R"({"a":5,"b":{"c":6},"d":{}})").value == R"({"a":5,"b":{"c":6},"d":{"e":2}})");
  CHECK(Validate(kSchema, "{}", Schema::Defaults::kLeave).value == "{}");
  CHECK_THAT(CompileError(R"({"properties":{"a":{"type":"integer","default":"x"}}})"),
             ContainsSubstring("default: must be a whole number"));
}

constexpr std::string_view kKeys = R"({"oneOf":[
    {"required":["file"],"additionalProperties":false,
     "properties":{"file":{"x-sallyport-ref":"file"}}},
    {"required":["url"],"additionalProperties":false,
     "properties":{"url":{"type":"string"},"cluster":{"x-sallyport-ref":"cluster"},
                   "refresh":{"format":"duration","default":"5m"}}},
    {"required":["inline"],"additionalProperties":false,"properties":{"inline":{"type":"object"}}}]})";

TEST_CASE("One of several forms: its defaults and references count, its faults are told") {
  const auto by_url = Validate(kKeys, R"({"url":"/k","cluster":"idp"})");
  CHECK(by_url.errors.empty());
  CHECK(by_url.value == R"({"cluster":"idp","refresh":"5m","url":"/k"})");
  CHECK(by_url.references == std::vector<Reference>{{"/cluster", ReferenceKind::kCluster, "idp"}});
  CHECK(Validate(kKeys, "{}").errors == "c: must have one of: file, url, inline\n");
  CHECK(Validate(kKeys, R"({"url":"/k","refersh":"1s"})").errors ==
        "c.refersh: unknown field (did you mean \"refresh\"?)\n");
  CHECK(Validate(R"({"oneOf":[{"type":"integer"},{"minimum":2}]})", "3").errors ==
        "c: fits more than one of the forms that exclude each other\n");
  CHECK(Validate(R"({"anyOf":[{"type":"integer"},{"type":"array"}]})", R"("x")").errors ==
        "c: must be one of: a whole number, a list\n");
}

TEST_CASE("A member with a fixed value tells which form was meant") {
  constexpr std::string_view kByKind = R"({"oneOf":[
      {"properties":{"kind":{"const":"bucket"},"rate":{"type":"number"}},"required":["kind","rate"]},
      {"properties":{"kind":{"const":"window"},"limit":{"type":"integer"}},"required":["kind","limit"]}]})";
  CHECK(Validate(kByKind, R"({"kind":"window","limit":"x"})").errors == "c.limit: must be a whole number, not text\n");
  CHECK(Validate(kByKind, R"({"kind":"bucket"})").errors == "c.rate: is required\n");
}

TEST_CASE("References are found with their places") {
  const auto result = Validate(
      R"({"properties":{"a/b":{"items":{"x-sallyport-ref":"secret"}},"cluster":{"x-sallyport-ref":"cluster"}}})",
      R"({"a/b":["s1","s2"],"cluster":"users"})");
  CHECK(result.errors.empty());
  CHECK(result.references == std::vector<Reference>{{"/a~1b/0", ReferenceKind::kSecret, "s1"},
                                                    {"/a~1b/1", ReferenceKind::kSecret, "s2"},
                                                    {"/cluster", ReferenceKind::kCluster, "users"}});
  CHECK(Validate(R"({"x-sallyport-ref":"file"})", R"("")").errors == "c: must be the name of a file\n");
  CHECK(Validate(R"({"x-sallyport-ref":"file"})", "1").errors == "c: must be the name of a file\n");
}

TEST_CASE("What is not understood refuses the schema") {
  struct Row {
    std::string_view schema, error;
  };
  const Row rows[] = {
      {R"({"patternProperties":{}})", R"(schema: /: keyword "patternProperties" is not supported)"},
      {R"({"properties":{"a":{"if":{}}}})", R"(schema: /properties/a: keyword "if" is not supported)"},
      {"[]", "a schema is an object"},
      {"{", "not JSON"},
      {R"({"type":"int"})", "must name a type"},
      {R"({"type":[]})", "must name a type"},
      {R"({"enum":[]})", "must be a list of values"},
      {R"({"required":"a"})", "must be a list of names"},
      {R"({"required":[1]})", "must be a list of names"},
      {R"({"minItems":-1})", "must be a whole number"},
      {R"({"minimum":"1"})", "must be a number"},
      {R"({"multipleOf":0})", "must be a number > 0"},
      {R"({"pattern":"("})", "is no regular expression"},
      {R"({"pattern":7})", "must be a regular expression"},
      {R"({"format":"date"})", "format \"date\" is not supported"},
      {R"({"x-sallyport-ref":"route"})", "must be \"cluster\""},
      {R"({"oneOf":{}})", "must be a list of schemas"},
      {R"({"properties":[]})", "must be an object of schemas"},
      {R"({"uniqueItems":1})", "must be true or false"},
      {R"({"$ref":"#/$defs/none"})", "$ref leads nowhere"},
      {R"({"$ref":"other.json"})", "other schemas can't be read"},
      {R"({"$ref":"#"})", "refers to itself without end"},
      {R"({"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"anyOf":[{"$ref":"#"}]}}})", "refers to itself without end"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.schema);
    CHECK_THAT(CompileError(row.schema), ContainsSubstring(std::string(row.error)));
  }
  CHECK_THAT(CompileError(std::string(300'000, ' ')), ContainsSubstring("too large"));
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += R"({"not":)";
  CHECK_THAT(CompileError(deep), ContainsSubstring("nested too deep"));
  // A chain of references, too long to follow.
  std::string chain = R"({"$ref":"#/$defs/0","$defs":{)";
  for (int i = 0; i < 1000; ++i) {
    chain += '"' + std::to_string(i) + R"(":{"$ref":"#/$defs/)" + std::to_string(i + 1) + "\"},";
  }
  CHECK_THAT(CompileError(chain + R"("1000":{}}})"), ContainsSubstring("refers to itself"));
}

TEST_CASE("A list of 100,000 addresses is validated without much ado") {
  std::string list = "[\"10.0.0.0/8\"";
  for (int i = 0; i < 100'000; ++i) {
    list += ",\"10." + std::to_string(i >> 16) + "." + std::to_string((i >> 8) & 255) + "." + std::to_string(i & 255) +
            "\"";
  }
  const auto result = Validate(R"({"items":{"type":"string","format":"cidr"},"uniqueItems":true})", list + "]");
  CHECK(result.errors.empty());
}

TEST_CASE("Documents: pointers and paths") {
  std::string error;
  const auto document = Document::Parse(R"({"a":[{"b/c":1}],"0":{"~":2}})", &error);
  REQUIRE(document);
  CHECK(*document->Find("/a/0/b~1c") == 1);
  CHECK(*document->Find("/0/~0") == 2);
  CHECK(document->Find("")->is_object());
  for (const char* wrong : {"a", "/a/1", "/a/00", "/a/-", "/a/x", "/b", "/0/~2", "/0/~", "/a/0/b~1c/d"}) {
    CAPTURE(wrong);
    CHECK(document->Find(wrong) == nullptr);
  }
  CHECK(document->PathOf("/a/0/b~1c", FieldPath("c")).str() == "c.a[0].b/c");
  CHECK(document->PathOf("/0/x/1", FieldPath("c")).str() == "c.0.x.1");
  CHECK(document->PathOf("", FieldPath("c")).str() == "c");
  CHECK_FALSE(Document::Parse(std::string(100'000, '['), &error));
  CHECK(error == "nested too deep");
  CHECK_FALSE(Document::Parse(R"({"a":"\xff"})", &error));
}

}  // namespace
}  // namespace sp::plugin_host
