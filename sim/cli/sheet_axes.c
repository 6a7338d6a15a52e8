/*
 * sheet_axes.c - units and axes of a sheet: what people can read of the values
 */
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/sheet.h"
#include "sim/cli/stat_test.h"

#define LOG_FROM    10   /* times the highest limit: then the axis is logarithmic */
#define BURST_FROM  20   /* times what a rate is as a rule: then, too */
#define BURST_SHARE 5    /* percent of the time in which the rate is not 0 */
#define DECADES     1000 /* highest to lowest value of the axis then */

static double max_of(double a, double b)
{
	return a > b ? a : b;
}

/* ---- units ---- */

const char *unit_for_people(enum unit unit, double max, double *divisor)
{
	static const struct {
		double from, is;
		const char *size, *rate;
	} sizes[] = {
		{ 10.0 * (1 << 30), 1 << 30, "GiB", "GiB/s" },
		{ 2.0 * (1 << 20), 1 << 20, "MiB", "MiB/s" },
		{ 0, 1 << 10, "KiB", "KiB/s" },
	};
	static const struct {
		double from, is;
		const char *name;
	} times[] = { { 2, 1, "s" }, { 2e-3, 1e-3, "ms" }, { 0, 1e-6, "us" } };
	static const double in_base[NR_UNITS] = {
		[UNIT_PAGES] = 4096,      [UNIT_PAGES_PER_SEC] = 4096,
		[UNIT_KIB] = 1024,        [UNIT_BYTES] = 1,
		[UNIT_BYTES_PER_SEC] = 1, [UNIT_NS] = 1e-9,
		[UNIT_US] = 1e-6,         [UNIT_MS] = 1e-3,
		[UNIT_CENTISECS] = 1e-2,  [UNIT_SECONDS] = 1,
	};
	double base = in_base[unit];
	size_t i = 0;

	*divisor = 1;
	if (unit == UNIT_PERCENT)
		return "%";
	if (base <= 0)
		return "";
	if (unit == UNIT_NS || unit == UNIT_US || unit == UNIT_MS || unit == UNIT_CENTISECS ||
	    unit == UNIT_SECONDS) {
		while (max * base < times[i].from)
			i++;
		*divisor = times[i].is / base;
		return times[i].name;
	}
	while (max * base < sizes[i].from)
		i++;
	*divisor = sizes[i].is / base;
	return unit == UNIT_PAGES_PER_SEC || unit == UNIT_BYTES_PER_SEC ? sizes[i].rate
									: sizes[i].size;
}

/* ---- axes ---- */

/* The next round number at or above (up) or below v > 0. */
static double round_number(double v, bool up)
{
	static const double steps[] = { 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10 };
	double power = 1;
	size_t i = 0;

	while (power > v)
		power /= 10;
	while (power * 10 <= v)
		power *= 10;
	while (i + 1 < ARRAY_LEN(steps) && steps[i] * power < v * (up ? 1 - 1e-9 : 1 + 1e-9))
		i++;
	if (!up && i && steps[i] * power > v * (1 + 1e-9))
		i--;
	return steps[i] * power;
}

/* The middle of the values above 0; 0 if there are few. */
static double usual_value(const struct curve *c)
{
	double *y = sim_calloc(c->n + 1, sizeof(*y)), usual = 0;
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (c->y[i] > 0)
			y[n++] = c->y[i];
	if (n * 100 >= c->n * BURST_SHARE && n > 1) {
		stat_sort(y, n);
		usual = y[n / 2];
	}
	sim_free(y);
	return usual;
}

/* A burst would press what a rate is most of the time to the ground. */
static bool has_burst(const struct panel *p)
{
	double max = 0, least = 0;

	/* a share is of a whole: of its time, or of the tasks there are */
	if (p->unit == UNIT_PERCENT || (p->unit == UNIT_COUNT && strcmp(p->axis, "tasks") == 0))
		return false;
	for (int c = 0; c < p->nr_curves; c++) {
		const struct curve *curve = &p->curves[c];
		double usual;

		if (curve->style == CHART_SHADE)
			continue;
		if (curve->style != CHART_RATE)
			return false;
		for (size_t i = 0; i < curve->n; i++)
			max = max_of(max, curve->y[i]);
		usual = usual_value(curve);
		if (usual > 0 && (least <= 0 || usual < least))
			least = usual;
	}
	return least > 0 && max > least * BURST_FROM;
}

/*
 * On a logarithmic axis of times the largest would make the smallest of them hard to read: 1e-05
 * ms.
 */
static double value_for_unit(const struct panel *p, double max)
{
	return p->logarithmic && p->unit == UNIT_NS ? max / DECADES : max;
}

static void scale_panel(struct panel *p)
{
	double max = 0, divisor;

	for (int c = 0; c < p->nr_curves; c++)
		for (size_t i = 0; i < p->curves[c].n && p->curves[c].style != CHART_SHADE; i++)
			max = max_of(max, p->curves[c].y[i]);

	const char *name = unit_for_people(p->unit, value_for_unit(p, max), &divisor);

	if (*name)
		p->axis = name;
	for (int c = 0; c < p->nr_curves; c++)
		for (size_t i = 0; i < p->curves[c].n && p->curves[c].style != CHART_SHADE; i++)
			p->curves[c].y[i] /= divisor;
}

/* A line far above its limits would press them to the ground: then the axis is logarithmic. */
static void choose_axis(struct panel *p)
{
	double max = 0, max_limit = 0, min = 0, positive = 0;
	bool burst = !p->logarithmic && has_burst(p);

	for (int c = 0; c < p->nr_curves; c++) {
		const struct curve *curve = &p->curves[c];

		for (size_t i = 0; i < curve->n && curve->style != CHART_SHADE; i++) {
			double y = curve->y[i];

			max = max_of(max, y);
			min = y < min ? y : min;
			if (y > 0 && (positive <= 0 || y < positive))
				positive = y;
			if (curve->style == CHART_LIMIT)
				max_limit = max_of(max_limit, y);
		}
	}
	p->logarithmic |= (burst || (max_limit > 0 && max > max_limit * LOG_FROM)) && min >= 0;
	if (burst)
		positive = max_of(positive, max / DECADES);
	p->high = max > 0 ? round_number(max * 1.04, true) : 1;
	if (p->unit == UNIT_PERCENT && max <= 100)
		p->high = p->high < 100 ? p->high : 100;
	p->low = p->logarithmic             ? round_number(positive / 1.5, false)
		 : min < 0 && !p->from_zero ? -round_number(-min, true)
					    : 0;
	if (p->foot && p->low < 0)
		p->low = max_of(p->low, -p->high * p->foot / 100);
	for (int c = 0; p->foot && c < p->nr_curves; c++)
		for (size_t i = 0; i < p->curves[c].n && p->curves[c].style != CHART_SHADE; i++)
			p->curves[c].y[i] = max_of(p->curves[c].y[i], p->low);
}

/* Below an axis from 0 all the time: nothing of it is seen, and a key would only make people look
 * for it. */
static bool is_hidden(const struct panel *p, const struct curve *c)
{
	if (!p->from_zero || c->style == CHART_SHADE)
		return false;
	for (size_t i = 0; i < c->n; i++)
		if (!(c->y[i] < 0))
			return false;
	return true;
}

/* Time in seconds, minutes or hours, whichever gives readable numbers. */
static void scale_time(struct sheet *s)
{
	double divisor = s->last > 4 * 3600 ? 3600 : s->last > 600 ? 60 : s->last < 0.02 ? 1e-3 : 1;

	s->time_label = divisor > 60  ? "simulated time (hours)"
			: divisor > 1 ? "simulated time (minutes)"
			: divisor < 1 ? "simulated time (ms)"
				      : "simulated time (s)";
	s->last /= divisor;
	for (int p = 0; p < s->nr_panels; p++) {
		for (int c = 0; c < s->panels[p].nr_curves; c++) {
			struct curve *curve = &s->panels[p].curves[c];

			for (size_t i = 0; i < curve->n; i++) {
				curve->x[i] /= divisor;
				if (curve->style == CHART_SHADE)
					curve->y[i] /= divisor;
			}
		}
	}
}

void sheet_finish(struct sheet *s)
{
	for (int p = 0; p < s->nr_panels; p++) {
		struct panel *panel = &s->panels[p];

		for (int c = 0; c < panel->nr_curves; c++) {
			s->last = max_of(s->last, panel->curves[c].x[panel->curves[c].n - 1]);
			series_thin_out(&panel->curves[c]);
		}
		panel_drop_curves(panel, is_hidden);
		scale_panel(panel);
		choose_axis(panel);
	}
	if (s->last <= 0)
		s->last = 1;
	scale_time(s);
}
