// sample_reports FOLDER: writes the reports of sample records there.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "bench/sample_record.hpp"

int main(int argc, char** argv) {
  using namespace weir::test;
  if (argc != 2) {
    std::cerr << "sample_reports FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  const auto parts = parted_records(3).first;
  const std::vector<std::pair<std::string, weir::bench_result>> all{
      {"healthy", result_of(healthy_record())},
      {"invalid", result_of(invalid_record())},
      {"peak", result_of(searched_record())},
      {"compared", result_of(compared_record())},
      {"incomplete", result_of(incomplete_record())},
      {"hostile", result_of(hostile_record())},
      {"merged", weir::merge_bench_results({result_of(parts[0]), result_of(parts[2])})}};
  for (const auto& [name, result] : all) {
    std::ofstream(folder / (name + ".html")) << result.html();
    std::ofstream(folder / (name + ".txt")) << result.text();
    std::ofstream(folder / (name + ".json")) << result.json();
  }
}
