// A program with much debug information, whose functions are mostly inlined: containers and algorithms of ten types. It
// says where it is and waits until its standard input ends.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <regex>
#include <string>
#include <unistd.h>
#include <unordered_map>
#include <vector>

template <int N> struct Item {
	long weight;
	std::string name;
	bool operator<(const Item &other) const { return weight % (N + 2) < other.weight % (N + 2); }
};

template <int N> long work(int seed)
{
	std::map<std::string, std::vector<Item<N>>> shelves;
	std::unordered_map<long, Item<N>> known;
	std::function<long(const Item<N> &)> weigh = [seed](const Item<N> &item) { return item.weight * seed; };
	long sum = 0;

	for (int i = 0; i < seed; i++) {
		shelves[std::to_string(i % 7)].push_back({i, "item"});
		known[i] = {i, "known"};
	}
	for (auto &shelf : shelves) {
		std::stable_sort(shelf.second.begin(), shelf.second.end());
		for (const auto &item : shelf.second)
			sum += weigh(item) + known.count(item.weight);
	}
	return sum + work<N - 1>(seed + 1);
}
template <> long work<0>(int seed) { return std::regex_search(std::to_string(seed), std::regex("1+2*")); }

int main(int argc, char **)
{
	char byte;
	long sum = work<10>(argc);

	std::printf("%ld\n", sum);
	std::fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	return 0;
}
