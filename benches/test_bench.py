"""Unit tests of the scripts; `cargo test -p benches` runs them."""

import unittest
import xml.dom.minidom

import claims
import common
import host
import plot


class Statistics(unittest.TestCase):
    def test_median_is_a_measured_value(self):
        self.assertEqual(common.median([5, 1, 3]), 3)
        self.assertEqual(common.median([4, 1, 3, 2]), 3)

    def test_ratio_pairs_the_values_of_a_round(self):
        # The second round was slow for both.
        self.assertEqual(common.ratio([2, 20, 3], [4, 40, 2]), 0.5)

    def test_ratio_rejects_rounds_without_a_pair(self):
        with self.assertRaises(ValueError):
            common.ratio([1, 2], [1])


class Pages(unittest.TestCase):
    PAGE = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n<!-- y: begin -->\n<!-- y: end -->\nc\n"

    def test_rewrite_changes_only_the_text_between_the_markers(self):
        page = common.rewrite(self.PAGE, "x", "new\n")
        self.assertEqual(page, self.PAGE.replace("old", "new"))
        page = common.rewrite(page, "y", "more\n")
        self.assertIn("new\n<!-- x: end -->\nb\n<!-- y: begin -->\nmore\n<!-- y: end -->\nc\n", page)

    def test_rewrite_refuses_a_page_without_the_markers(self):
        for page in ["", "<!-- x: begin -->\n", "<!-- x: end -->\n<!-- x: begin -->\n"]:
            with self.assertRaises(ValueError):
                common.rewrite(page, "x", "new\n")

    def test_pages_have_the_markers_of_every_benchmark(self):
        import bench

        for _, page, marker in bench.BENCHMARKS.values():
            common.rewrite((common.ROOT / "docs" / page).read_text(), marker, "")

    def test_table_aligns_numbers_right(self):
        text = common.table(["a", "b"], [["x", 1]])
        self.assertEqual(text, "| a | b |\n|---|---:|\n| x | 1 |\n")


class Logs(unittest.TestCase):
    def test_interrupted_calls_count_once(self):
        log = '7 execve("a") = 0\n7 read(3 <unfinished ...>\n8 close(3) = 0\n7 <... read resumed>) = 1\n'
        self.assertEqual(host.counted(log), 3)

    def test_rounds_are_grouped_by_size(self):
        sizes = claims.grouped("100 1.5 2\n100 3 4\n1000 5 6\n")
        self.assertEqual(sizes, {100: ([1.5, 3], [2, 4]), 1000: ([5], [6])})


class Plots(unittest.TestCase):
    def test_decades_enclose_all_values(self):
        self.assertEqual(plot.decades([0.02, 500]), (-2, 3))
        self.assertEqual(plot.decades([10]), (1, 2))

    def test_a_plot_has_each_line_with_its_name(self):
        svg = plot.log_log("hosts", "seconds", {"a": [(100, 0.1), (1000, 1)], "b": [(100, 10), (1000, 100)]})
        xml.dom.minidom.parseString(svg)
        self.assertIn('points="80.0,376.0 580.0,262.7"', svg)
        self.assertEqual(svg.count("<polyline"), 2)
        self.assertIn(">b</text>", svg)


if __name__ == "__main__":
    unittest.main()
