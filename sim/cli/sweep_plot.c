/*
 * sweep_plot.c - pictures of a merged sweep
 *
 *	points, settings, one figure  ->  cells, by the values of up to three keys (response.h)
 *	cells  ->  tables that scripts/plot/response.gp reads
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/figures.h"
#include "sim/cli/response.h"
#include "sim/cli/sweep_plot.h"

#define MAX_TICKS    12 /* values of a curve with a mark each */
#define MAX_LABELS   24 /* values of a side of a map that are named */
#define MAX_TEXTS    16 /* columns of a map whose cells have their value as text */
#define LOG_SPAN     20 /* from the least to the greatest value: then the axis may be logarithmic */
#define KEY_WIDTH    130
#define CURVE_WIDTH  860
#define CURVE_HEIGHT 460

/* All that a picture shows. */
struct picture {
	struct response r;
	char *title, *subtitle; /* owned */
	char *figure;           /* owned; with its unit */
	double divisor, low, high;
	bool txt;
};

char *sweep_plot_default(struct db *db)
{
	char *name = response_text(db, "sort");

	if (*name)
		return name;
	sim_free(name);
	cli_error("no figure tells the points of this sweep apart; accepted: --figure NAME");
	return NULL;
}

/* ---- what is seen ---- */

/* Lowest and highest of what is seen; a curve begins at 0 if it comes near. */
static void find_range(struct picture *pic)
{
	bool curve = pic->r.nr_drawn == 1, any = false;

	for (int i = 0; i < response_nr_cells(&pic->r); i++) {
		const struct response_cell *c = &pic->r.cells[i];
		double low = c->low, high = c->high;

		if (!c->n)
			continue;
		for (int k = 0; curve && k < c->n; k++) {
			low = c->values[k] < low ? c->values[k] : low;
			high = c->values[k] > high ? c->values[k] : high;
		}
		pic->low = !any || low / pic->divisor < pic->low ? low / pic->divisor : pic->low;
		pic->high =
		    !any || high / pic->divisor > pic->high ? high / pic->divisor : pic->high;
		any = true;
	}
	if (curve || pic->txt) {
		double span = pic->high - pic->low;
		double room = (span > 0        ? span
			       : pic->high > 0 ? pic->high
			       : pic->high < 0 ? -pic->high
					       : 1) *
			      0.08;

		if (pic->low >= 0 && (pic->low < pic->high / 2 || span <= 0))
			pic->low = 0;
		else
			pic->low -= room;
		pic->high += room;
	}
}

static void name_picture(struct db *db, struct picture *pic, const char *figure)
{
	char *scenario = response_text(db, "scenario"), *seeds = response_text(db, "seeds");
	struct str subtitle = { 0 };
	const char *unit;

	unit = unit_for_people(pic->r.unit, pic->r.max, &pic->divisor);
	pic->figure = str_format(*unit ? "%s (%s)" : "%s", figure, unit);
	pic->title = str_format("%s: %s", figure, scenario);
	if (strtol(seeds, NULL, 10) > 1)
		str_addf(&subtitle, "mean of %s seeds", seeds);
	else
		str_add(&subtitle, "one run for each combination");
	for (int a = 0; a < pic->r.nr_axes; a++)
		if (pic->r.axes[a].fixed >= 0)
			str_addf(&subtitle, ", %s %s", pic->r.axes[a].key,
				 pic->r.axes[a].values[pic->r.axes[a].fixed]);
	pic->subtitle = str_take(&subtitle);
	sim_free(scenario);
	sim_free(seeds);
}

/* ---- the data of the script ---- */

/* Whether values lie close together at the low end: 1, 10, 100, but not 1, 2, 3 ... 100. */
static bool is_logarithmic(const struct response_axis *a)
{
	return a->numeric && a->n > 2 && a->numbers[0] > 0 &&
	       a->numbers[a->n - 1] >= LOG_SPAN * a->numbers[0] &&
	       a->numbers[a->n / 2] * 4 <= a->numbers[a->n - 1];
}

/* "vm.dirty_ratio (percent)"; the unit only where numbers stand without one. */
static void put_axis(FILE *f, const struct response_axis *axis)
{
	const char *first = axis->n ? axis->values[0] : "";
	bool plain = axis->numeric && strspn(first, "-0123456789.") == strlen(first);

	gnuplot_put_name(f, axis->key);
	if (plain && *axis->unit) {
		fputs(" (", f);
		gnuplot_put_name(f, axis->unit);
		fputc(')', f);
	}
	fputc('\t', f);
}

static int columns_of(const struct picture *pic)
{
	return pic->r.size[2] <= 3 ? pic->r.size[2] : pic->r.size[2] == 4 ? 2 : 3;
}

static bool write_head(const char *folder, const struct picture *pic)
{
	const struct response_axis *x = &pic->r.axes[pic->r.drawn[0]];
	bool curve = pic->r.nr_drawn == 1;
	FILE *f = gnuplot_create(folder, "response.tsv");

	if (!f)
		return false;
	gnuplot_put_name(f, pic->title);
	fputc('\t', f);
	gnuplot_put_name(f, pic->subtitle);
	fputs(curve ? "\tcurve\t" : "\tmap\t", f);
	put_axis(f, x);
	if (curve)
		fputs(" \t", f);
	else
		put_axis(f, &pic->r.axes[pic->r.drawn[1]]);
	gnuplot_put_name(f, pic->figure);
	fprintf(f, "\t%.9g\t%.9g\t%d\t%d\t%d\t%d\t%d\t%d\n", pic->low, pic->high, pic->r.size[2],
		columns_of(pic), pic->r.size[1], curve && is_logarithmic(x),
		!curve || x->n <= MAX_TICKS || !x->numeric, !x->numeric);
	return fclose(f) == 0;
}

/* The names of the values of an axis at 1, 2, ... or, for a curve, at what they are. */
static bool write_ticks(const char *folder, const char *name, const struct response_axis *axis,
			bool curve)
{
	int step = (axis->n + MAX_LABELS - 1) / MAX_LABELS;
	FILE *f = gnuplot_create(folder, name);

	if (!f)
		return false;
	for (int i = 0; i < axis->n; i++) {
		fprintf(f, "%.9g\t", curve ? axis->numbers[i] : i + 1.0);
		gnuplot_put_name(f, i % step ? " " : axis->values[i]);
		fputc('\n', f);
	}
	return fclose(f) == 0;
}

static bool write_curve(const char *folder, const struct picture *pic)
{
	const struct response_axis *x = &pic->r.axes[pic->r.drawn[0]];
	FILE *curve = gnuplot_create(folder, "curve.tsv");
	FILE *points = curve ? gnuplot_create(folder, "points.tsv") : NULL;
	bool ok = points != NULL;

	for (int i = 0; ok && i < x->n; i++) {
		const struct response_cell *c = &pic->r.cells[i];

		if (!c->n) {
			fputc('\n', curve);
			continue;
		}
		fprintf(curve, "%.9g\t%.9g\t%.9g\t%.9g\t", x->numbers[i], c->mean / pic->divisor,
			c->low / pic->divisor, c->high / pic->divisor);
		gnuplot_put_name(curve, x->values[i]);
		fputc('\n', curve);
		for (int k = 0; k < c->n; k++)
			fprintf(points, "%.9g\t%.9g\n", x->numbers[i], c->values[k] / pic->divisor);
	}
	ok = (!points || fclose(points) == 0) && ok;
	return (!curve || fclose(curve) == 0) && ok;
}

/* Light text on dark cells. */
static void put_cell(FILE *f, const struct picture *pic, int column, int row,
		     const struct response_cell *c)
{
	double v = c->mean / pic->divisor, span = pic->high - pic->low;
	bool dark = span > 0 && (v - pic->low) / span < 0.6;
	struct str text = { 0 };

	if (!c->n) {
		fprintf(f, "%d\t%d\tNaN\t \t0\n", column + 1, row + 1);
		return;
	}
	if (pic->r.size[0] * columns_of(pic) <= MAX_TEXTS)
		figure_print(&text, v, pic->high, false);
	else
		str_addc(&text, ' ');
	fprintf(f, "%d\t%d\t%.9g\t%s\t%d\n", column + 1, row + 1, v, text.s,
		dark ? 0xffffff : 0x222222);
	str_free(&text);
}

static bool write_map(const char *folder, const struct picture *pic, int panel)
{
	char *name = str_format("map-%d.tsv", panel + 1);
	FILE *f = gnuplot_create(folder, name);

	sim_free(name);
	if (!f)
		return false;
	for (int row = 0; row < pic->r.size[1]; row++)
		for (int column = 0; column < pic->r.size[0]; column++)
			put_cell(f, pic, column, row,
				 &pic->r.cells[(panel * pic->r.size[1] + row) * pic->r.size[0] +
					       column]);
	return fclose(f) == 0;
}

/* For text: the rows of the first panel as curves. */
static bool write_row(const char *folder, const struct picture *pic, int row)
{
	const struct response_axis *y = &pic->r.axes[pic->r.drawn[1]];
	char *name = str_format("row-%d.tsv", row + 1);
	FILE *f = gnuplot_create(folder, name);

	sim_free(name);
	if (!f)
		return false;
	gnuplot_put_name(f, y->key);
	fputc(' ', f);
	gnuplot_put_name(f, y->values[row]);
	fputc('\n', f);
	for (int column = 0; column < pic->r.size[0]; column++) {
		const struct response_cell *c = &pic->r.cells[row * pic->r.size[0] + column];

		if (c->n)
			fprintf(f, "%d\t%.9g\n", column + 1, c->mean / pic->divisor);
	}
	return fclose(f) == 0;
}

static bool write_maps(const char *folder, const struct picture *pic)
{
	FILE *f = gnuplot_create(folder, "panels.tsv");
	bool ok = f && write_ticks(folder, "ytics.tsv", &pic->r.axes[pic->r.drawn[1]], false);

	for (int p = 0; ok && p < pic->r.size[2]; p++) {
		fprintf(f, "%d\t", p + 1);
		if (pic->r.nr_drawn == RESPONSE_MAX_DRAWN) {
			gnuplot_put_name(f, pic->r.axes[pic->r.drawn[2]].key);
			fputc(' ', f);
			gnuplot_put_name(f, pic->r.axes[pic->r.drawn[2]].values[p]);
		}
		fputs(" \n", f);
		ok = write_map(folder, pic, p);
	}
	for (int row = 0; ok && pic->txt && row < pic->r.size[1]; row++)
		ok = write_row(folder, pic, row);
	return (!f || fclose(f) == 0) && ok;
}

static bool write_data(const char *folder, const void *arg)
{
	const struct picture *pic = arg;
	bool curve = pic->r.nr_drawn == 1;

	return write_head(folder, pic) &&
	       write_ticks(folder, "xtics.tsv", &pic->r.axes[pic->r.drawn[0]], curve) &&
	       (curve ? write_curve(folder, pic) : write_maps(folder, pic));
}

/* ---- the picture ---- */

static int clamp(int v, int low, int high)
{
	return v < low ? low : v > high ? high : v;
}

static struct drawing drawing_of(const struct picture *pic)
{
	int columns = columns_of(pic), lines = (pic->r.size[2] + columns - 1) / columns;
	struct drawing d = {
		.script = "response.gp",
		.width = CURVE_WIDTH,
		.height = CURVE_HEIGHT,
		.key = KEY_WIDTH,
		.write = write_data,
		.arg = pic,
	};

	if (pic->txt) {
		gnuplot_txt_size(1, &d.width, &d.height);
	} else if (pic->r.nr_drawn > 1) {
		int width = clamp(pic->r.size[0] * 64, 320, 640);
		int height = clamp(pic->r.size[1] * 40, 260, 560);

		d.width = 92 + columns * (width + 40) + KEY_WIDTH - 20;
		d.height = 150 + lines * height + (lines - 1) * 58;
	}
	return d;
}

int sweep_plot(struct db *db, const char *figure, const struct setting *where, int nr_where,
	       enum picture_format format, const char *path, bool force)
{
	struct picture *pic = sim_calloc(1, sizeof(*pic));
	int exit_code = EXIT_INPUT;

	pic->txt = format == PICTURE_TXT;
	response_read_axes(&pic->r, db);
	if (response_choose(&pic->r, where, nr_where) &&
	    response_read_figure(&pic->r, db, figure)) {
		struct drawing d;

		name_picture(db, pic, figure);
		find_range(pic);
		d = drawing_of(pic);
		exit_code = gnuplot_run(&d, format, path, force);
	}
	response_free(&pic->r);
	sim_free(pic->title);
	sim_free(pic->subtitle);
	sim_free(pic->figure);
	sim_free(pic);
	return exit_code;
}
