// A journal's bytes: checks, hashes, preamble and frames.
#include "store/journal/record.hpp"

#include <random>

#include "store/journal/crc32c.hpp"
#include "store/journal/frame_reader.hpp"
#include "store/journal/frame_writer.hpp"
#include "store/journal/support.hpp"

using namespace weir;
using namespace weir::store;
using namespace weir::test;

namespace {

constexpr journal_salt salt{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

frame_head a_head(std::uint64_t n) {
  frame_head h;
  h.kind = static_cast<std::uint8_t>(n);
  h.index = n * n;
  h.fingerprint = ~n;
  h.synced = n / 2;
  return h;
}

// Frames of these payloads, from position 0 on.
std::string frames_of(const std::vector<std::string>& payloads) {
  const auto disk = std::make_shared<memory_disk>();
  memory_file file(disk);
  frame_writer out(file, salt, 0);
  for (std::size_t i = 0; i < payloads.size(); ++i)
    out.add(a_head(i), "id" + std::to_string(i), payloads[i]);
  out.flush();
  return disk->contents;
}

// How many of the frames are read back as they were written.
std::size_t whole_frames(const std::string& bytes, const std::vector<std::string>& payloads) {
  const memory_file file(std::make_shared<memory_disk>(bytes));
  const frame_codec codec(salt);
  frame_reader in(file, codec, 0, bytes.size());
  std::string payload;
  std::size_t n = 0;
  for (; in.next(&payload); ++n) {
    REQUIRE(n < payloads.size());
    CHECK(payload == payloads[n]);
    CHECK(in.id() == "id" + std::to_string(n));
    CHECK(in.head().kind == n);
    CHECK(in.head().index == n * n);
    CHECK(in.head().fingerprint == ~std::uint64_t{n});
    CHECK(in.head().synced == n / 2);
  }
  return n;
}

} // namespace

TEST_CASE("crc32c is the same with the processor's help and without") {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    CHECK(crc32c(text) == crc32c_by_table(text));
    CHECK(crc32c(text, 0x12345678u) == crc32c_by_table(text, 0x12345678u));
    text += static_cast<char>(i * 37);
  }
}

TEST_CASE("crc32c gives the check values of its standard, in one piece or several") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xe3069283u);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aau);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
  const std::string text = "The quick brown fox jumps over the lazy dog";
  for (std::size_t i = 0; i <= text.size(); ++i)
    CHECK(crc32c(text.substr(i), crc32c(text.substr(0, i))) == crc32c(text));
}

TEST_CASE("ids are hashed by SipHash-2-4 of 128 bits: the vectors of its authors") {
  journal_salt key;
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] = static_cast<char>(i);
  CHECK(hash_of("", key) == id_hash{0xe6a825ba047f81a3u, 0x930255c71472f66du});
  CHECK(hash_of(std::string(1, '\0'), key) == id_hash{0x44af996bd8c187dau, 0x45fc229b11597634u});
  CHECK_FALSE(hash_of("a", key) == hash_of("a", salt));
}

TEST_CASE("frames are read back as they were written, whatever their size") {
  std::vector<std::string> payloads;
  std::mt19937_64 random(1);
  for (const std::size_t size :
       {0u, 1u, 7u, 4096u - 48u, 5000u, 70'000u, 262'144u, 262'145u, 1'048'576u, 3'000'000u, 3u}) {
    std::string payload(size, '\0');
    for (auto& c : payload)
      c = static_cast<char>(random());
    payloads.push_back(std::move(payload));
  }
  CHECK(whole_frames(frames_of(payloads), payloads) == payloads.size());
}

TEST_CASE("an id of 64 KiB is read back") {
  const auto disk = std::make_shared<memory_disk>();
  memory_file file(disk);
  const frame_codec codec(salt);
  frame_writer out(file, salt, 0);
  const std::string id(max_id, 'i');
  for (int i = 0; i < 40; ++i)
    out.add(a_head(1), id, "payload");
  out.flush();
  frame_reader in(file, codec, 0, disk->contents.size());
  std::string payload;
  for (int i = 0; i < 40; ++i) {
    REQUIRE(in.next(&payload));
    CHECK((in.id() == id && payload == "payload"));
  }
  CHECK_FALSE(in.next());
}

TEST_CASE("every flipped bit of a frame is noticed") {
  const std::vector<std::string> payloads{"first", "a payload in which a bit is flipped", "last"};
  const auto bytes = frames_of(payloads);
  const std::size_t begin = head_size + 3 + 5, end = begin + head_size + 3 + payloads[1].size();
  for (std::size_t at = begin; at < end; ++at)
    for (int bit = 0; bit < 8; ++bit) {
      auto flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      CHECK_MESSAGE(whole_frames(flipped, payloads) == 1, at);
    }
}

TEST_CASE("a frame that is cut off anywhere is none") {
  const std::vector<std::string> payloads{"first", "second, which is longer"};
  const auto bytes = frames_of(payloads);
  for (std::size_t size = head_size + 3 + 5; size < bytes.size(); ++size)
    CHECK_MESSAGE(whole_frames(bytes.substr(0, size), payloads) == 1, size);
  CHECK(whole_frames(bytes, payloads) == 2);
}

TEST_CASE("a copy of a frame at another position, or of another journal, is none") {
  const auto bytes = frames_of({"payload"});
  CHECK(frame_codec(salt).read(bytes.data(), 0));
  CHECK_FALSE(frame_codec(salt).read(bytes.data(), 1));
  auto other = salt;
  other[0] = 0;
  CHECK_FALSE(frame_codec(other).read(bytes.data(), 0));
}

TEST_CASE("a frame proves what was synced, wherever it is in what follows") {
  const frame_codec codec(salt);
  const std::string noise(2'500'000, static_cast<char>(first_of_marker));
  for (const std::size_t at : {1u, 47u, 1'048'576u - 48u, 1'048'576u - 47u, 1'048'576u - 24u, 1'048'576u, 2'499'952u}) {
    auto bytes = noise;
    frame_head head;
    head.synced = 100;
    codec.write(bytes.data() + at, head, at);
    const memory_file file(std::make_shared<memory_disk>(bytes));
    CHECK(synced_beyond(99, file, codec, 1, bytes.size()));
    CHECK_FALSE(synced_beyond(100, file, codec, 1, bytes.size()));
    CHECK_FALSE(synced_beyond(99, file, codec, at + 1, bytes.size()));
  }
}

TEST_CASE("a file is told by its first bytes") {
  const auto preamble = make_preamble(salt);
  REQUIRE(preamble.size() == preamble_size);
  journal_salt read{};
  CHECK(read_preamble(preamble, false, read) == beginning::whole);
  CHECK(read == salt);
  for (std::size_t n = 0; n < preamble_size; ++n)
    CHECK(read_preamble(preamble.substr(0, n), true, read) == beginning::unfinished);
  CHECK(read_preamble(std::string(preamble_size, '\0'), true, read) == beginning::unfinished);
  for (std::size_t n = 0; n < preamble_size - 4; ++n) { // whose last four bytes are zero
    auto cut = preamble;
    cut.replace(n, std::string::npos, preamble_size - n, '\0');
    CHECK(read_preamble(cut, true, read) == beginning::unfinished);
    CHECK(read_preamble(cut, false, read) != beginning::unfinished);
  }
  CHECK(read_preamble(std::string(preamble_size, '\0'), false, read) == beginning::foreign);
  for (std::size_t at = 0; at < preamble_size; ++at) {
    auto flipped = preamble;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    CHECK(read_preamble(flipped, false, read) != beginning::whole);
    CHECK(read_preamble(flipped, false, read) != beginning::unfinished);
  }
  auto later = preamble;
  later[13] = '2';
  CHECK(read_preamble(later, false, read) == beginning::other_version);
  CHECK(read_preamble("{\"custom_id\": \"a\"}", true, read) == beginning::foreign);
  CHECK(read_preamble("weird", true, read) == beginning::foreign);
}
