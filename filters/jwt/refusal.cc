#include "filters/jwt/refusal.h"

#include <array>

namespace sp::jwt {
namespace {

constexpr std::string_view kRequest = "invalid_request";
constexpr std::string_view kToken = "invalid_token";
constexpr std::string_view kInsufficient = "insufficient_scope";

// In the order of the enumeration.
constexpr std::array<RefusalRow, kRefusalCount> kRows{{
    {"", 0, "", ""},
    {"jwt.missing", 401, "", "A bearer token is needed"},
    {"jwt.multiple", 400, kRequest, "Exactly one bearer token may be given"},
    {"jwt.malformed", 401, kToken, "The token is malformed"},
    {"jwt.critical", 401, kToken, "The token asks for an extension that is not supported"},
    {"jwt.type", 401, kToken, "The token is of another type"},
    {"jwt.alg", 401, kToken, "The token's algorithm is not allowed"},
    {"jwt.kid", 401, kToken, "The token's key is not known"},
    {"jwt.signature", 401, kToken, "The token's signature is wrong"},
    {"jwt.keys", 503, "", "The keys to check tokens with are not available"},
    {"jwt.expired", 401, kToken, "The token has expired"},
    {"jwt.not_yet_valid", 401, kToken, "The token is not valid yet"},
    {"jwt.issuer", 401, kToken, "The token's issuer is not trusted"},
    {"jwt.audience", 401, kToken, "The token is for another audience"},
    {"jwt.invalid_claim", 401, kToken, "A claim of the token is missing or invalid"},
    {"jwt.claim", 403, kInsufficient, "The token lacks a claim that is needed here"},
    {"jwt.scope", 403, kInsufficient, "The token lacks a scope that is needed here"},
}};

}  // namespace

const RefusalRow& RowOf(Refusal refusal) { return kRows[static_cast<size_t>(refusal)]; }

}  // namespace sp::jwt
