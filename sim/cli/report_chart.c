/*
 * report_chart.c - the panels of a sheet as SVG in HTML
 *
 * The drawing is stretched to the width of the screen, the texts are not: so
 * axes, key and values are HTML around an SVG that has curves alone.
 *
 *	title
 *	      +----------------------+   curve      least  most  end
 *	  200 |        .--.          |   -- free      12    190   31
 *	  100 |   .--''    '--.      |   .. high      20     20   20
 *	    0 +----------------------+
 *	      0      10      20
 *
 * Over the drawing lie narrow strips; the one under the pointer (or the
 * finger) shows what all curves are at its time.  No script is needed.
 */
#include <string.h>

#include "sim/base/diag.h"
#include "sim/base/mem.h"
#include "sim/cli/report.h"

#define WIDTH      2000 /* of the drawing, in units of its own */
#define HEIGHT     600
#define COLUMNS    400 /* stretches of time of which a curve shows its lowest and highest point */
#define STRIPS     48
#define MAX_TICKS  6
#define NR_COLOURS 8
#define NR_DASHES  5
#define NR_SHADES  3
#define STRETCH    5  /* units that a stretch is wide at least: 2 pixels */
#define MAX_LABEL  40 /* letters in a strip */

static bool is_shade(const struct curve *c)
{
	return c->style == CHART_SHADE || c->style == CHART_ACTIVE || c->style == CHART_SPAN;
}

/* ---- axes ---- */

static double any_log10(double v)
{
	double shift = 0;

	for (; v < 1 && shift < 30; v *= 10)
		shift += 1;
	return log10_of(v) - shift;
}

/* Where a value lies between the foot (0) and the head (1) of a panel. */
static double place_of(const struct panel *p, double v)
{
	if (v <= p->low)
		return 0;
	if (v >= p->high)
		return 1;
	if (p->logarithmic)
		return (any_log10(v) - any_log10(p->low)) /
		       (any_log10(p->high) - any_log10(p->low));
	return (v - p->low) / (p->high - p->low);
}

static double round_step(double range, int most)
{
	static const double steps[] = { 1, 2, 2.5, 5, 10 };
	double power = 1;
	size_t i = 0;

	while (power * most > range)
		power /= 10;
	while (power * 10 * most <= range)
		power *= 10;
	while (i + 1 < ARRAY_LEN(steps) && steps[i] * power * most < range * (1 - 1e-9))
		i++;
	return steps[i] * power;
}

static void add_y_label(struct str *labels, struct str *grid, const struct panel *p, double v)
{
	double place = place_of(p, v);

	if (v < p->low * (p->low > 0 ? 1 - 1e-9 : 1 + 1e-9) || v > p->high * (1 + 1e-9))
		return;
	str_addf(labels, "<span style=\"bottom:%.1f%%\">%.6g</span>", place * 100, v);
	if (place > 0.001)
		str_addf(grid, "M0 %.0fH%d", HEIGHT * (1 - place), WIDTH);
}

/* Labels of the value axis go to out, lines across the drawing to grid. */
static void value_axis(struct str *out, struct str *grid, const struct panel *p)
{
	double step = round_step(p->high - p->low, MAX_TICKS - 1);

	str_add(out, "<div class=\"y\">");
	if (p->logarithmic) {
		double power = 1;

		while (power > p->low * (1 + 1e-9))
			power /= 10;
		while (power < p->low * (1 - 1e-9))
			power *= 10;
		power /= 10;
		for (bool few = p->high < p->low * 150; power <= p->high; power *= 10) {
			add_y_label(out, grid, p, power);
			if (few)
				add_y_label(out, grid, p, 2 * power);
			if (few)
				add_y_label(out, grid, p, 5 * power);
		}
	} else {
		double k = p->low < 0 ? -(double)(int)(-p->low / step + 1e-6) : 0;

		for (; k * step <= p->high * (1 + 1e-9); k++)
			add_y_label(out, grid, p, k * step);
	}
	str_add(out, "</div>");
}

/* Where a moment lies between the first one (0) and the last (width). */
static int across(double t, double first, double last, int width)
{
	double place = (t - first) / (last - first);

	return (int)((place < 0 ? 0 : place > 1 ? 1 : place) * width + 0.5);
}

void report_stretches(struct str *path, const struct curve *c, double first, double last, int width,
		      int height)
{
	int end = -1;

	for (size_t i = 0; i < c->n; i++) {
		int from = across(c->x[i], first, last, width);
		int to = across(c->y[i], first, last, width);
		int next = i + 1 < c->n ? across(c->x[i + 1], first, last, width) : 2 * width;
		int wider = next - to > 2 ? to + (next - to) / 2 : to + 1;

		/* at the right edge it begins earlier, but not within the one before */
		if (from > width - STRETCH)
			from = end < width - STRETCH ? width - STRETCH
						     : (from < width ? from : width - 1);
		wider = wider < from + STRETCH ? wider : from + STRETCH;
		to = to > wider ? to : wider;
		to = to < width ? to : width;
		from = from < end ? end : from;
		if (to > from)
			str_addf(path, "M%d 0H%dV%dH%dz", from, to, height, from);
		end = to > end ? to : end;
	}
}

void report_ticks(struct str *path, double last, int width, int height)
{
	double step = round_step(last, MAX_TICKS);

	for (int k = 0; k * step <= last * (1 + 1e-9); k++)
		str_addf(path, "M%.0f 0V%d", k * step / last * width, height);
}

void report_axis(struct str *out, double last, const char *label, bool of_calls)
{
	double step = of_calls ? 1 : round_step(last, MAX_TICKS);
	double nines = 100;

	str_add(out, "<div class=\"x\">");
	for (int k = 0; k * step <= last * (1 + 1e-9); k++, nines /= 10) {
		double place = k * step / last;

		str_addf(out, "<span%s style=\"left:%.1f%%\">",
			 k == 0         ? " class=\"b\""
			 : place > 0.95 ? " class=\"e\""
					: "",
			 place * 100);
		if (of_calls)
			str_addf(out, "%.9g %%</span>", 100 - nines);
		else
			str_addf(out, "%.6g</span>", k * step);
	}
	str_addf(out, "<em>%s</em></div>", of_calls ? "share of calls that were faster" : label);
}

/* ---- curves ---- */

static int x_of(const struct sheet *s, double t)
{
	return across(t, s->first, s->last, WIDTH);
}

static int y_of(const struct panel *p, double v)
{
	return (int)((1 - place_of(p, v)) * HEIGHT + 0.5);
}

/* The pen: does not repeat a place, and is lifted where values are not shown. */
struct pen {
	struct str *out;
	int x, y;
	bool down;
};

static void line_to(struct pen *pen, int x, int y)
{
	if (pen->down && x == pen->x && y == pen->y)
		return;
	if (!pen->down)
		str_addf(pen->out, "M%d %d", x, y);
	else if (y == pen->y)
		str_addf(pen->out, "H%d", x);
	else if (x == pen->x)
		str_addf(pen->out, "V%d", y);
	else
		str_addf(pen->out, "L%d %d", x, y);
	pen->down = true;
	pen->x = x;
	pen->y = y;
}

static void draw_line(struct str *out, const struct sheet *s, const struct panel *p,
		      const struct curve *c)
{
	struct pen pen = { .out = out };

	for (size_t i = 0; i < c->n;) {
		int column = x_of(s, c->x[i]) * COLUMNS / (WIDTH + 1);
		size_t low = i, high = i, end = i;

		if (p->from_zero && c->y[i] < p->low) {
			pen.down = false;
			i++;
			continue;
		}
		for (; end < c->n && x_of(s, c->x[end]) * COLUMNS / (WIDTH + 1) == column; end++) {
			if (p->from_zero && c->y[end] < p->low)
				break;
			low = c->y[end] < c->y[low] ? end : low;
			high = c->y[end] > c->y[high] ? end : high;
		}
		for (size_t k = i; k < end; k++)
			if (k == i || k == low || k == high || k == end - 1)
				line_to(&pen, x_of(s, c->x[k]), y_of(p, c->y[k]));
		i = end;
	}
}

/* Dots: two that cannot be told apart are one. */
static void draw_points(struct str *out, const struct sheet *s, const struct panel *p,
			const struct curve *c)
{
	int last_x = -1, last_y = -1;

	for (size_t i = 0; i < c->n; i++) {
		int x = x_of(s, c->x[i]) / 4 * 4, y = y_of(p, c->y[i]) / 3 * 3;

		if (x != last_x || y != last_y)
			str_addf(out, "M%d %dh0", x, y);
		last_x = x;
		last_y = y;
	}
}

/* Which colour, dashes or shade each curve has: they are counted apart. */
struct look {
	int line, limit, shade;
};

static void look_of(struct str *out, const struct curve *c, struct look *look)
{
	if (is_shade(c))
		str_addf(out, "f%d", look->shade++ % NR_SHADES + 1);
	else if (c->style == CHART_LIMIT)
		str_addf(out, "m d%d", look->limit++ % NR_DASHES + 1);
	else
		str_addf(out, "%s k%d", c->style == CHART_POINTS ? "o" : "l",
			 (c->look ? c->look - 1 : look->line++) % NR_COLOURS + 1);
}

static void draw_curves(struct str *out, const struct sheet *s, const struct panel *p)
{
	for (int shades = 1; shades >= 0; shades--) {
		struct look look = { 0 };

		for (int i = 0; i < p->nr_curves; i++) {
			const struct curve *c = &p->curves[i];
			struct str class = { 0 };

			look_of(&class, c, &look);
			if (is_shade(c) == (shades == 1)) {
				str_addf(out, "<path class=\"%s\" d=\"", class.s);
				if (is_shade(c))
					report_stretches(out, c, s->first, s->last, WIDTH, HEIGHT);
				else if (c->style == CHART_POINTS)
					draw_points(out, s, p, c);
				else
					draw_line(out, s, p, c);
				str_add(out, "\"/>\n");
			}
			str_free(&class);
		}
	}
}

/* ---- values ---- */

/* What lies on the foot of such an axis stands for what is below it. */
static void put_value(struct str *out, const struct panel *p, double v)
{
	if (p->foot && v <= p->low)
		str_add(out, "&le; ");
	html_number(out, v);
}

static void put_key(struct str *out, const struct panel *p)
{
	struct look look = { 0 };

	str_add(out, "<table class=\"key\"><thead><tr><th></th><th class=\"n\">least</th>"
		     "<th class=\"n\">most</th><th class=\"n\">end</th></tr></thead><tbody>");
	for (int i = 0; i < p->nr_curves; i++) {
		const struct curve *c = &p->curves[i];
		double low = c->y[0], high = c->y[0];

		str_add(out,
			"\n<tr><td><svg viewBox=\"0 0 26 9\" aria-hidden=\"true\"><path class=\"");
		look_of(out, c, &look);
		str_add(out, is_shade(c)                ? "\" d=\"M0 0H26V9H0z\"/></svg>"
			     : c->style == CHART_POINTS ? "\" d=\"M5 5h0M13 5h0M21 5h0\"/></svg>"
							: "\" d=\"M0 5H26\"/></svg>");
		html_text(out, *c->label ? c->label : p->title);
		for (size_t k = 0; k < c->n; k++) {
			low = c->y[k] < low ? c->y[k] : low;
			high = c->y[k] > high ? c->y[k] : high;
		}
		if (is_shade(c)) {
			str_addf(out, "<td class=\"n dim\" colspan=\"3\">%zu time%s", c->n,
				 c->n == 1 ? "" : "s");
			continue;
		}
		str_add(out, "<td class=\"n\">");
		put_value(out, p, low);
		str_add(out, "<td class=\"n\">");
		put_value(out, p, high);
		str_add(out, "<td class=\"n\">");
		put_value(out, p, c->y[c->n - 1]);
	}
	str_add(out, "</tbody></table>\n");
}

/* The last point at or before t, from *at on; false: none yet. */
static bool point_at(const struct curve *c, double t, size_t *at)
{
	while (*at < c->n && c->x[*at] <= t)
		++*at;
	return *at > 0;
}

static void put_label(struct str *out, const char *label)
{
	char *cut = diag_escape(label, strlen(label), MAX_LABEL);

	html_text(out, cut);
	sim_free(cut);
}

/* What all curves of the panel are at the time t, between from and to. */
static void put_strip(struct str *out, const struct panel *p, double from, double t, double to,
		      size_t *at)
{
	for (int i = 0; i < p->nr_curves; i++) {
		const struct curve *c = &p->curves[i];
		bool known = point_at(c, c->style == CHART_POINTS ? to : t, &at[i]);
		size_t k = at[i] - 1;

		if (!known)
			continue;
		if (is_shade(c) ? c->y[k] <= from : c->style == CHART_POINTS && c->x[k] < from)
			continue;
		str_addc(out, '\n');
		put_label(out, *c->label ? c->label : p->title);
		if (is_shade(c) || (p->from_zero && c->y[k] < p->low))
			continue;
		str_add(out, ": ");
		put_value(out, p, c->y[k]);
	}
}

static void put_strips(struct str *out, const struct sheet *s, const struct panel *p, bool of_calls)
{
	size_t *at = sim_calloc((size_t)p->nr_curves + 1, sizeof(*at));
	const char *unit = strchr(s->time_label, '(');

	str_add(out, "<div class=\"hot\" aria-hidden=\"true\">");
	for (int i = 0; i < STRIPS; i++) {
		double step = (s->last - s->first) / STRIPS, from = s->first + i * step;

		str_addf(out, "\n<i class=\"%s\" style=\"left:%.2f%%;width:%.2f%%\"><b>",
			 i < STRIPS / 2 ? "r" : "s", i * 100.0 / STRIPS, 100.0 / STRIPS + 0.01);
		if (of_calls)
			str_addf(out, "%.2f nines", from + step / 2);
		else
			str_addf(out, "%.4g %.*s", from + step / 2,
				 unit ? (int)strcspn(unit + 1, ")") : 0, unit ? unit + 1 : "");
		put_strip(out, p, from, from + step / 2, from + step, at);
		str_add(out, "</b></i>");
	}
	str_add(out, "</div>");
	sim_free(at);
}

/* ---- a panel, a sheet ---- */

static void put_panel(struct str *out, const struct sheet *s, const struct panel *p, bool of_calls)
{
	struct str grid = { 0 };

	str_add(out, "<figure><figcaption>");
	html_text(out, p->title);
	if (*p->axis) {
		str_add(out, " <small>");
		html_text(out, p->axis);
		str_addf(out, "%s</small>", p->logarithmic ? ", logarithmic" : "");
	}
	str_add(out, "</figcaption><div class=\"p\"><div class=\"plot\">\n");
	value_axis(out, &grid, p);
	str_addf(out,
		 "<div class=\"area\"><svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
		 "role=\"img\" aria-label=\"",
		 WIDTH, HEIGHT);
	html_text(out, p->title);
	str_addf(out, "\"><path class=\"g\" d=\"%s\"/>\n", str_get(&grid));
	draw_curves(out, s, p);
	str_add(out, "</svg>");
	put_strips(out, s, p, of_calls);
	str_add(out, "</div>\n");
	report_axis(out, s->last - s->first, strstr(s->time_label, "time"), of_calls);
	str_add(out, "</div>\n");
	put_key(out, p);
	str_add(out, "</div></figure>\n");
	str_free(&grid);
}

void report_sheet(struct str *out, const struct sheet *s, const char *id, const char *title,
		  bool of_calls)
{
	if (!s->nr_panels)
		return;
	html_section(out, id, title, s->question);
	for (int i = 0; i < s->nr_panels; i++)
		put_panel(out, s, &s->panels[i], of_calls);
	html_section_end(out);
}
