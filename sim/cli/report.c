/*
 * report.c - mmsim report: a run, or several side by side, as one HTML file
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/cli/out_file.h"
#include "sim/cli/report.h"
#include "sim/cli/run_label.h"

#define MAX_RUNS 64

enum {
	OPT_FORCE = 256,
};

static const struct cli_option options[] = {
	{ 'o', "output", "FILE", "the report (beside the results, .html)" },
	{ OPT_FORCE, "force", NULL, "replace a file that mmsim did not make" },
	{ 0 },
};

struct runs {
	char *paths[MAX_RUNS];  /* owned */
	char *labels[MAX_RUNS]; /* owned; file names without folder and .db */
	struct db *dbs[MAX_RUNS];
	const struct personality *p[MAX_RUNS];
	int n;
};

/* ---- which files ---- */

static bool add_path(struct runs *r, const char *path)
{
	if (r->n == MAX_RUNS) {
		cli_usage(&report_command, "at most %d runs are accepted", MAX_RUNS);
		return false;
	}
	r->labels[r->n] = run_name_of(path);
	r->paths[r->n++] = sim_strdup(path);
	return true;
}

/* "_5" before "_10". */
static int by_text(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

/* All results of runs in a folder, in the order of their names; beside them there may be a sweep.
 */
static bool add_folder(struct runs *r, const char *folder)
{
	DIR *dir = opendir(folder);
	char **names = NULL;
	size_t n = 0, cap = 0;
	bool ok = dir != NULL;

	if (!dir)
		cli_error("%s: %s", cli_escape(folder), strerror(errno));
	for (struct dirent *e; dir && (e = readdir(dir));) {
		size_t len = strlen(e->d_name);
		void *grown = names;
		char *path;

		if (len < 4 || strcmp(e->d_name + len - 3, ".db") != 0)
			continue;
		path = str_format("%s/%s", folder, e->d_name);
		if (db_kind_of(path) == &sweep_kind) {
			sim_free(path);
			continue;
		}
		sim_grow(&grown, &cap, n + 1, sizeof(*names));
		names = grown;
		names[n++] = path;
	}
	if (dir)
		closedir(dir);
	if (n)
		qsort(names, n, sizeof(*names), by_text);
	else if (ok)
		cli_error("%s: no results in it (*.db)", cli_escape(folder));
	for (size_t i = 0; i < n; i++) {
		ok = ok && add_path(r, names[i]);
		sim_free(names[i]);
	}
	sim_free(names);
	return ok && n;
}

static bool add_argument(struct runs *r, const char *path)
{
	return cli_is_folder(path) ? add_folder(r, path) : add_path(r, path);
}

/* Beside the first results: <results>.html, or <folder>/report.html for a folder. */
static char *default_path(const char *argument)
{
	size_t len = strlen(argument);

	if (cli_is_folder(argument)) {
		while (len > 1 && argument[len - 1] == '/')
			len--;
		return str_format("%.*s/report.html", (int)len, argument);
	}
	if (len > 3 && strcmp(argument + len - 3, ".db") == 0)
		len -= 3;
	return str_format("%.*s.html", (int)len, argument);
}

/* ---- the report ---- */

/* What stands in a link to a section; charts have their name. */
static const char *title_of(const char *id)
{
	static const char *const titles[][2] = {
		{ "figures", "figures" },     { "events", "what happened" },
		{ "latency", "latencies" },   { "tunables", "tunables" },
		{ "honesty", "simplified" },  { "log", "log" },
		{ "failed", "failed calls" },
	};

	for (size_t i = 0; i < ARRAY_LEN(titles); i++) {
		size_t len = strlen(titles[i][0]);

		if (strncmp(id, titles[i][0], len) == 0 && (id[len] == '"' || id[len] == '-'))
			return titles[i][1];
	}
	return NULL;
}

/* A link to each section that is there. */
static void put_links(struct str *out, const struct str *body)
{
	static const char section[] = "<section id=\"", chart[] = "chart-";

	str_add(out, "<nav>");
	for (const char *at = str_get(body); (at = strstr(at, section));) {
		const char *id = at += sizeof(section) - 1;
		int len = (int)strcspn(id, "\"");
		const char *title = title_of(id), *more = strchr(id, '-');

		str_addf(out, "<a href=\"#%.*s\">", len, id);
		if (strncmp(id, chart, sizeof(chart) - 1) == 0)
			str_addn(out, id + sizeof(chart) - 1, (size_t)len - (sizeof(chart) - 1));
		else if (title)
			str_add(out, title);
		else
			str_addn(out, id, (size_t)len);
		if (title && more && more < id + len) /* of a kernel, of a group */
			str_addf(out, " %.*s", (int)(id + len - more - 1), more + 1);
		str_add(out, "</a> ");
	}
	str_add(out, "</nav>\n");
}

static void put_charts(struct str *out, struct db *db, const struct personality *p)
{
	for (int i = 0; i < p->nr_charts; i++) {
		const struct chart *chart = &p->charts[i];
		char *id = str_format("chart-%s", chart->name);
		struct sheet sheet;

		if (!chart_is_of_several(chart)) {
			sheet_of_run(&sheet, db, chart, chart->title);
			report_sheet(out, &sheet, id, chart->title, chart->of_calls);
			sheet_free(&sheet);
		}
		sim_free(id);
	}
}

static void put_run(struct str *out, struct runs *r, const struct personality *p)
{
	const char *label = r->labels[0];

	report_figures(out, r->dbs, &label, 1, &p);
	report_happenings(out, r->dbs[0], p);
	report_failed_calls(out, r->dbs[0]);
	put_charts(out, r->dbs[0], p);
	report_latency(out, r->dbs[0]);
	report_tunables(out, r->dbs[0], p);
	report_honesty(out, r->dbs[0], p);
	report_log(out, r->dbs[0]);
}

static void put_report(struct str *out, struct runs *r, bool in_groups)
{
	const struct report_runs several = { r->n, r->dbs, (const char *const *)r->labels, r->p };
	char *scenario = db_run_text(r->dbs[0], "scenario");
	char *honesty;
	struct str body = { 0 };

	html_begin(out, scenario);
	str_add(out, "<h1>");
	html_text(out, scenario);
	str_add(out, "</h1>\n<p class=\"dim\">");
	if (r->n > 1)
		str_addf(out, "%d runs of mmsim, side by side</p>\n", r->n);
	else
		str_add(out, "A run of mmsim, a simulator of kernel memory management</p>\n");
	if (r->n == 1) {
		report_run(out, r->dbs[0]);
		put_run(&body, r, r->p[0]);
	} else {
		report_several(&body, &several, in_groups);
	}
	honesty = strstr(str_get(&body), "<section id=\"honesty\"")
		      ? sim_strdup("honesty")
		      : str_format("honesty-%s", r->p[0]->name);
	report_honesty_line(out, r->dbs[0], r->p[0], honesty);
	sim_free(honesty);
	put_links(out, &body);
	str_addn(out, str_get(&body), body.len);
	str_add(out,
		"<footer>Move the pointer over a picture, or tap it, to read its values. Lines "
		"of rates are means of 1/150 of the run; points of long curves are left out where "
		"they cannot be seen, lowest and highest ones never. Made from the results alone: "
		"the same results give the same report.</footer>\n");
	html_end(out);
	str_free(&body);
	sim_free(scenario);
}

static bool open_runs(const struct cli *cli, struct runs *r, int *exit_code)
{
	for (int i = 0; i < r->n; i++) {
		r->dbs[i] = db_open(r->paths[i], exit_code);
		if (!r->dbs[i])
			return false;
		*exit_code = EXIT_INPUT;
		r->p[i] = cli_personality_of(cli, r->dbs[i]);
		if (!r->p[i])
			return false;
	}
	return true;
}

static int report_main(const struct cli *cli, int argc, char **argv)
{
	struct runs r = { 0 };
	struct str out = { 0 };
	struct cli_args args;
	char *path = NULL;
	bool force = false, in_groups = false;
	int id, exit_code = EXIT_INPUT;

	cli_args_init(&args, &report_command, argc, argv);
	while ((id = cli_next(&args)) >= 0) {
		if (id == OPT_FORCE) {
			force = true;
		} else {
			sim_free(path);
			path = sim_strdup(args.value);
		}
	}
	if (id != CLI_END) {
		sim_free(path);
		return cli_leave(id);
	}
	if (argc == optind) {
		sim_free(path);
		return cli_usage(&report_command, "a results file is needed");
	}
	for (int i = optind; i < argc && exit_code == EXIT_INPUT; i++) {
		in_groups |= cli_is_folder(argv[i]);
		if (!add_argument(&r, argv[i]))
			exit_code = EXIT_FAILED;
	}
	if (!path)
		path = default_path(argv[optind]);
	if (exit_code == EXIT_FAILED) {
		exit_code = EXIT_INPUT;
	} else if (open_runs(cli, &r, &exit_code)) {
		exit_code = out_file_check(path, force);
		if (!exit_code) {
			put_report(&out, &r, in_groups);
			exit_code = out_file_write(path, out.s, out.len, force);
		}
		if (!exit_code) {
			puts(cli_escape(path));
			exit_code = cli_flush() ? EXIT_DONE : EXIT_HOST;
		}
	}
	for (int i = 0; i < r.n; i++) {
		if (r.dbs[i])
			db_close(r.dbs[i]);
		sim_free(r.paths[i]);
		sim_free(r.labels[i]);
	}
	sim_free(path);
	str_free(&out);
	return exit_code;
}

const struct cli_command report_command = {
	.name = "report",
	.args = "DB|DIR... [-o FILE] [--force]",
	.summary = "one HTML file with curves, events, tunables and latencies",
	.details =
	    "Several results are put side by side, of one kernel or of several.  In a folder only\n"
	    "those belong together to which the same keys were given; each comparison has a part\n"
	    "of its own.  The file needs no network and has no script.\n",
	.options = options,
	.run = report_main,
};
