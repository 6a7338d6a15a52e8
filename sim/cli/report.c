/*
 * report.c - mmsim report: a run, or several side by side, as one HTML file
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/mem.h"
#include "sim/cli/out_file.h"
#include "sim/cli/report.h"

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
	int n;
};

/* ---- which files ---- */

static bool add_path(struct runs *r, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t len = strlen(name);

	if (r->n == MAX_RUNS) {
		cli_usage(&report_command, "at most %d runs are accepted", MAX_RUNS);
		return false;
	}
	if (len > 3 && strcmp(name + len - 3, ".db") == 0)
		len -= 3;
	r->labels[r->n] = sim_strndup(name, len);
	r->paths[r->n++] = sim_strdup(path);
	return true;
}

/* "_5" before "_10". */
static int by_text(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

/* All results in a folder, in the order of their names. */
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

		if (len < 4 || strcmp(e->d_name + len - 3, ".db") != 0)
			continue;
		sim_grow(&grown, &cap, n + 1, sizeof(*names));
		names = grown;
		names[n++] = str_format("%s/%s", folder, e->d_name);
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
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return add_folder(r, path);
	return add_path(r, path);
}

/* Beside the first results: <results>.html, or <folder>/report.html for a folder. */
static char *default_path(const char *argument)
{
	size_t len = strlen(argument);
	struct stat st;

	if (stat(argument, &st) == 0 && S_ISDIR(st.st_mode)) {
		while (len > 1 && argument[len - 1] == '/')
			len--;
		return str_format("%.*s/report.html", (int)len, argument);
	}
	if (len > 3 && strcmp(argument + len - 3, ".db") == 0)
		len -= 3;
	return str_format("%.*s.html", (int)len, argument);
}

/* ---- the report ---- */

struct link {
	const char *id, *title;
};

/* A link to each section that is there. */
static void put_links(struct str *out, const struct str *body, const struct personality *p)
{
	static const struct link links[] = {
		{ "figures", "figures" },    { "events", "what happened" },
		{ "latency", "latencies" },  { "tunables", "tunables" },
		{ "honesty", "simplified" }, { "log", "log" },
	};

	str_add(out, "<nav>");
	for (size_t i = 0; i < ARRAY_LEN(links) + (size_t)p->nr_charts; i++) {
		const char *name =
		    i < ARRAY_LEN(links) ? links[i].id : p->charts[i - ARRAY_LEN(links)].name;
		char *id = i < ARRAY_LEN(links) ? sim_strdup(name) : str_format("chart-%s", name);
		char *mark = str_format("<section id=\"%s\">", id);

		if (strstr(str_get(body), mark))
			str_addf(out, "<a href=\"#%s\">%s</a> ", id,
				 i < ARRAY_LEN(links) ? links[i].title : name);
		sim_free(mark);
		sim_free(id);
	}
	str_add(out, "</nav>\n");
}

static void put_charts(struct str *out, struct db *db, const struct personality *p)
{
	for (int i = 0; i < p->nr_charts; i++) {
		const struct chart *chart = &p->charts[i];
		char *id = str_format("chart-%s", chart->name);
		struct sheet sheet;

		if (strcmp(chart->name, "compare") != 0) { /* of several runs */
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

	report_figures(out, r->dbs, &label, 1, p);
	report_happenings(out, r->dbs[0], p);
	put_charts(out, r->dbs[0], p);
	report_latency(out, r->dbs[0]);
	report_tunables(out, r->dbs[0], p);
	report_honesty(out, r->dbs[0], p);
	report_log(out, r->dbs[0]);
}

/* What happened in one of several runs; its sections have no ids, which are there once in a page.
 */
static void put_one_of_several(struct str *out, struct db *db, const struct personality *p)
{
	static const char with_id[] = "<section id=\"";
	struct str run = { 0 };
	const char *text, *at;

	report_run(&run, db);
	report_happenings(&run, db, p);
	report_latency(&run, db);
	report_tunables(&run, db, p);
	report_log(&run, db);
	for (text = str_get(&run); (at = strstr(text, with_id)); text = strchr(at, '>')) {
		str_addn(out, text, (size_t)(at - text));
		str_add(out, "<section");
	}
	str_add(out, text);
	str_free(&run);
}

static void put_runs(struct str *out, struct runs *r, const struct personality *p)
{
	report_figures(out, r->dbs, (const char *const *)r->labels, r->n, p);
	for (int i = 0; i < p->nr_charts; i++) {
		const struct chart *chart = &p->charts[i];
		struct sheet sheet;

		if (strcmp(chart->name, "compare") != 0)
			continue;
		sheet_of_runs(&sheet, r->dbs, (const char *const *)r->labels, r->n, chart,
			      chart->title);
		report_sheet(out, &sheet, "chart-compare", chart->title, false);
		sheet_free(&sheet);
	}
	for (int i = 0; i < r->n; i++) {
		str_add(out, "<details><summary>Run ");
		html_text(out, r->labels[i]);
		str_add(out, ": what happened, latencies, tunables</summary>\n");
		put_one_of_several(out, r->dbs[i], p);
		str_add(out, "</details>\n");
	}
	report_honesty(out, r->dbs[0], p);
}

static void put_report(struct str *out, struct runs *r, const struct personality *p)
{
	char *scenario = db_run_text(r->dbs[0], "scenario");
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
		report_honesty_line(out, r->dbs[0], p);
		put_run(&body, r, p);
	} else {
		report_honesty_line(out, r->dbs[0], p);
		put_runs(&body, r, p);
	}
	put_links(out, &body, p);
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

static const struct personality *open_runs(const struct cli *cli, struct runs *r, int *exit_code)
{
	const struct personality *p = NULL;

	for (int i = 0; i < r->n; i++) {
		const struct personality *of_this;

		r->dbs[i] = db_open(r->paths[i], exit_code);
		if (!r->dbs[i])
			return NULL;
		*exit_code = EXIT_INPUT;
		of_this = cli_personality_of(cli, r->dbs[i]);
		if (!of_this)
			return NULL;
		if (p && of_this != p) {
			cli_error("%s: a run of %s; the others are of %s", cli_escape(r->paths[i]),
				  of_this->name, p->name);
			return NULL;
		}
		p = of_this;
	}
	return p;
}

static int report_main(const struct cli *cli, int argc, char **argv)
{
	struct runs r = { 0 };
	struct str out = { 0 };
	const struct personality *p;
	struct cli_args args;
	char *path = NULL;
	bool force = false;
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
	for (int i = optind; i < argc && exit_code == EXIT_INPUT; i++)
		if (!add_argument(&r, argv[i]))
			exit_code = EXIT_FAILED;
	if (!path)
		path = default_path(argv[optind]);
	if (exit_code == EXIT_FAILED) {
		exit_code = EXIT_INPUT;
	} else if ((p = open_runs(cli, &r, &exit_code))) {
		exit_code = out_file_check(path, force);
		if (!exit_code) {
			put_report(&out, &r, p);
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
	    "Several results, or a folder of them, are put side by side.  The file needs no\n"
	    "network and has no script.\n",
	.options = options,
	.run = report_main,
};
