// Digests of records, as they stand in manifest.json.
//
// record digest = XXH3-128(key, one zero byte, value), seed 0
// DB digest     = D(n), where D(0) is 16 zero bytes and D(i) = XXH3-128(D(i-1), record digest i)
//
// The chain can be stopped and taken up again with 16 bytes of state, and the costly part, the
// record digest, can be made on any thread. It finds accidents; it is no proof against forgery.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace caffe_multilabel {

using Digest = std::array<uint8_t, 16>;  // XXH3-128 in canonical (big-endian) byte order

Digest record_digest(std::string_view key, std::string_view value);
Digest chain(const Digest& previous, const Digest& record);

std::string to_hex(const Digest& digest);
std::optional<Digest> from_hex(std::string_view hex);

}  // namespace caffe_multilabel
