#include "batch/provider/part_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include <weir/core/error.hpp>

#include "core/failure/system_reason.hpp"

namespace weir::inline v0::vendor_batch {

namespace {

constexpr auto begun_name = "new-";
constexpr std::size_t block = std::size_t{256} << 10;

[[noreturn]] void not_saved(const std::string& path, int number) {
  throw error(errc::not_saved, "cannot write " + path + ": " + system_reason(number));
}

} // namespace

part_file_writer::part_file_writer(std::string path)
    : path_(std::move(path)), file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
  if (!file_)
    not_saved(path_, errno);
}

part_file_writer::~part_file_writer() {
  if (!kept_)
    ::unlink(path_.c_str());
}

void part_file_writer::write(std::string_view bytes) {
  sum_.add(bytes);
  bytes_ += bytes.size();
  waiting_.append(bytes);
  if (waiting_.size() >= block)
    flush();
}

void part_file_writer::write_line(std::string_view line) {
  write(line);
  write("\n");
}

void part_file_writer::flush() {
  std::string_view left = waiting_;
  while (!left.empty()) {
    const auto n = ::write(file_.get(), left.data(), left.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      not_saved(path_, errno);
    left.remove_prefix(static_cast<std::size_t>(n));
  }
  waiting_.clear();
}

std::string part_file_writer::finish() {
  flush();
  return sum_.hex();
}

void part_file_writer::keep(const std::string& name) {
  const auto to = path_.substr(0, path_.rfind('/') + 1) + name;
  if (::rename(path_.c_str(), to.c_str()) != 0)
    not_saved(to, errno);
  kept_ = true;
}

part_file_reader::part_file_reader(const std::string& path) : in_(path, std::ios::binary) {}

bool part_file_reader::next(std::string& line) {
  while (std::getline(in_, line)) {
    if (line.ends_with('\r'))
      line.pop_back();
    if (line.find_first_not_of(" \t") != std::string::npos)
      return true;
  }
  return false;
}

std::unique_ptr<part_file_writer> part_folder::begin() {
  if (::mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST)
    not_saved(path_, errno);
  return std::make_unique<part_file_writer>(path_of(begun_name + std::to_string(++begun_)));
}

bool part_folder::has(const std::string& name, const std::string& sha256) const {
  std::ifstream in(path_of(name), std::ios::binary);
  if (!in)
    return false;
  sha256_sum sum;
  std::string piece(block, '\0');
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
    sum.add(std::string_view(piece.data(), static_cast<std::size_t>(in.gcount())));
  return sum.hex() == sha256;
}

std::string part_folder::read(const std::string& name) const {
  std::ifstream in(path_of(name), std::ios::binary | std::ios::ate);
  std::string all(in ? static_cast<std::size_t>(in.tellg()) : 0, '\0');
  in.seekg(0);
  if (!in || !in.read(all.data(), static_cast<std::streamsize>(all.size())))
    throw error(errc::not_saved, "cannot read " + path_of(name));
  return all;
}

void part_folder::remove(const std::string& name) noexcept {
  try {
    ::unlink(path_of(name).c_str());
  } catch (const std::bad_alloc&) {
    // It is left behind.
  }
}

void part_folder::close() noexcept {
  try {
    // What a run that was killed had begun.
    std::vector<std::filesystem::path> begun;
    std::error_code ignored;
    for (std::filesystem::directory_iterator at(path_, ignored), end; !ignored && at != end; at.increment(ignored))
      if (at->path().filename().string().starts_with(begun_name))
        begun.push_back(at->path());
    for (const auto& path : begun)
      std::filesystem::remove(path, ignored);
  } catch (const std::bad_alloc&) {
    // They are left behind.
  }
  ::rmdir(path_.c_str());
}

} // namespace weir::inline v0::vendor_batch
