# libcrypto is the host's own, too; nlohmann_json is headers only.
set(SALLYPORT_LIBRARIES OpenSSL::Crypto nlohmann_json::nlohmann_json)
