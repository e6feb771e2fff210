//! A plot as SVG: lines over two logarithmic axes.

use std::fmt::Write as _;

use anyhow::Result;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 60.0;
/// Told apart without colours, too: the second of each pair is dashed.
const COLOURS: [&str; 2] = ["#1f6feb", "#d1242f"];

/// A line and its name.
pub(super) type Line = (&'static str, Vec<(f64, f64)>);

/// Lines over axes whose marks are powers of ten.
pub(super) fn log_log(x: &str, y: &str, lines: &[Line]) -> Result<String> {
    let all = || lines.iter().flat_map(|(_, points)| points);
    let (left, right) = decades(all().map(|point| point.0));
    let (low, high) = decades(all().map(|point| point.1));
    let at_x = |value: f64| LEFT + (value.log10() - left) / (right - left) * (WIDTH - LEFT - RIGHT);
    let at_y = |value: f64| {
        HEIGHT - BOTTOM - (value.log10() - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
    };
    let mut svg = String::new();
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>"
    )?;
    let grid = "stroke=\"#d0d7de\" stroke-width=\"1\"";
    for mark in marks(left, right) {
        let at = at_x(mark);
        writeln!(
            svg,
            "<line x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{:.1}\" {grid}/>\n\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{mark}</text>",
            HEIGHT - BOTTOM,
            HEIGHT - BOTTOM + 20.0
        )?;
    }
    for mark in marks(low, high) {
        let at = at_y(mark);
        writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{:.1}\" y2=\"{at:.1}\" {grid}/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{mark}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0
        )?;
    }
    writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{x}</text>\n\
         <text x=\"16\" y=\"{TOP}\" dy=\"4\">{y}</text>",
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 16.0
    )?;
    for (number, (name, points)) in lines.iter().enumerate() {
        let colour = COLOURS.get(number / 2 % COLOURS.len()).unwrap_or(&"black");
        let dash = if number % 2 == 1 {
            " stroke-dasharray=\"6 4\""
        } else {
            ""
        };
        let path: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{:.1},{:.1}", at_x(*x), at_y(*y)))
            .collect();
        let key = TOP + 12.0 + 22.0 * f64::from(u8::try_from(number)?);
        let beside = WIDTH - RIGHT + 12.0;
        writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>\n\
             <line x1=\"{beside:.1}\" y1=\"{key:.1}\" x2=\"{:.1}\" y2=\"{key:.1}\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\">{name}</text>",
            path.join(" "),
            beside + 24.0,
            beside + 30.0,
            key + 4.0
        )?;
    }
    writeln!(svg, "</svg>")?;
    Ok(svg)
}

/// The powers of ten around all of them.
fn decades(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values {
        low = low.min(value.log10().floor());
        high = high.max(value.log10().ceil());
    }
    if low.is_finite() && high > low {
        (low, high)
    } else {
        (0.0, 1.0)
    }
}

fn marks(low: f64, high: f64) -> impl Iterator<Item = f64> {
    let mut exponent = low;
    std::iter::from_fn(move || {
        let mark = (exponent <= high).then(|| 10_f64.powf(exponent).round());
        exponent += 1.0;
        mark
    })
}
