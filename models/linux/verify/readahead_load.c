/*
 * readahead_load.c - case.yaml and the tables of a readahead case, read and written
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/hw/machine_conf.h"
#include "models/linux/verify/readahead_case.h"

#define MAX_PLACE (1LL << 50) /* bytes, pages, sectors of a case */
#define MAX_RUN   (1LL << 24) /* pages of a line */

const char *const ra_kind_words[] = { "sync", "async", "force", "around", "sync-force", NULL };

const struct ra_table_def ra_tables[NR_RA_TABLES] = {
	[RA_WINDOWS] = { "windows",
			 "call kind slot file trigger_index start nr look inserted window", 10, 1,
			 ra_kind_words, -1 },
	[RA_TRIGGERS] = { "triggers",
			  "call kind slot file index req order start size async start_after "
			  "size_after async_after ra_pages mmap_miss prev_pos bdi_ra_pages "
			  "bdi_io_pages",
			  18, 1, ra_kind_words, -1 },
	[RA_CALLS] = { "calls",
		       "call result slot start size async ra_pages mmap_miss prev_pos random", 10,
		       -1, NULL, -1 },
	[RA_INSERTS] = { "inserts", "call window file first pages order", 6, -1, NULL, 3 },
	[RA_DELETES] = { "deletes", "call file first pages order", 5, -1, NULL, 2 },
	[RA_CACHE] = { "cache", "call file first pages order mark", 6, -1, NULL, 2 },
	[RA_BIOS] = { "bios", "call file index sector sectors rahead segments", 7, -1, NULL, -1 },
	[RA_REQUESTS] = { "requests", "call sector sectors", 3, -1, NULL, -1 },
	[RA_DEVICE] = { "device",
			"call file ra_pages io_pages max_sectors max_hw_sectors max_segments "
			"max_segment_size",
			8, -1, NULL, -1 },
};

void ra_add_row(struct ra_rows *rows, const struct ra_row *row)
{
	sim_grow((void **)&rows->row, &rows->cap, rows->n + 1, sizeof(*rows->row));
	rows->row[rows->n++] = *row;
}

/* ---- tables ---- */

static bool parse_cell(const struct ra_table_def *def, int column, const char *word, int64_t *v)
{
	if (strcmp(word, "-") == 0) {
		*v = RA_DASH;
		return true;
	}
	if (column == def->word_column) {
		for (int i = 0; def->words[i]; i++) {
			if (strcmp(def->words[i], word) == 0) {
				*v = i;
				return true;
			}
		}
		return false;
	}
	/* a request for "all" has 64 bits */
	if (strlen(word) >= 19 && *word != '-') {
		*v = (int64_t)strtoull(word, NULL, 10);
		return true;
	}
	return verify_parse(word, v);
}

/* Adds a row; a run of folios as one row for each.  False: no run. */
static bool add_folios(struct ra_rows *rows, const struct ra_table_def *def, struct ra_row row)
{
	int at = def->run_column;

	if (at < 0) {
		ra_add_row(rows, &row);
		return true;
	}

	int64_t left = row.v[at + 1], size;

	if (left < 0 || left > MAX_RUN || row.v[at + 2] < 0 || row.v[at + 2] > MAX_ORDER)
		return false;
	size = 1LL << row.v[at + 2];
	for (row.v[at + 1] = size; left > 0; left -= size, row.v[at] += size)
		ra_add_row(rows, &row);
	return true;
}

bool ra_table_read(struct verify_case *c, enum ra_table which, struct ra_rows *rows)
{
	const struct ra_table_def *def = &ra_tables[which];
	char *path = str_format("%s.txt", def->name), *line;
	struct verify_text t;
	bool found = verify_read(c, path, &t);

	while (found && (line = verify_line(&t))) {
		struct ra_row row = { { 0 } };
		bool ok = true;

		if (*line == '#')
			continue;
		for (int i = 0; i < def->nr_columns && ok; i++)
			ok = parse_cell(def, i, verify_word(&line), &row.v[i]);
		if (!ok || !add_folios(rows, def, row)) {
			verify_error(c, "%s:%d: accepted: %s", path, t.line, def->columns);
			break;
		}
	}
	if (found)
		verify_text_free(&t);
	sim_free(path);
	return found;
}

/* Whether row b goes on where a run that ends with row a does. */
static bool continues(const struct ra_table_def *def, const struct ra_row *a, int64_t end,
		      const struct ra_row *b)
{
	int at = def->run_column;

	if (at < 0 || b->v[at] != end || (def == &ra_tables[RA_CACHE] && (a->v[5] || b->v[5])))
		return false;
	for (int i = 0; i < def->nr_columns; i++)
		if (i != at && i != at + 1 && a->v[i] != b->v[i])
			return false;
	return true;
}

static void write_row(FILE *f, const struct ra_table_def *def, const struct ra_row *row)
{
	for (int i = 0; i < def->nr_columns; i++) {
		if (i)
			fputc(' ', f);
		if (row->v[i] == RA_DASH)
			fputc('-', f);
		else if (i == def->word_column)
			fputs(def->words[row->v[i]], f);
		else if (def == &ra_tables[RA_TRIGGERS] && i == 5)
			fprintf(f, "%" PRIu64, (uint64_t)row->v[i]);
		else
			fprintf(f, "%" PRId64, row->v[i]);
	}
	fputc('\n', f);
}

static void write_table(struct verify_case *c, const struct ra_table_def *def,
			const struct ra_rows *rows)
{
	char *path = str_format("%s.txt", def->name);
	FILE *f = verify_create(c, path);

	if (f)
		fprintf(f, "# %s\n", def->columns);
	for (size_t i = 0, next; f && i < rows->n; i = next) {
		struct ra_row row = rows->row[i];
		int at = def->run_column;

		for (next = i + 1; at >= 0 && next < rows->n; next++) {
			if (!continues(def, &row, row.v[at] + row.v[at + 1], &rows->row[next]))
				break;
			row.v[at + 1] += rows->row[next].v[at + 1];
		}
		write_row(f, def, &row);
	}
	verify_finish(c, f);
	sim_free(path);
}

void ra_tables_write(const struct ra_case *ra)
{
	for (int i = 0; i < NR_RA_TABLES; i++)
		write_table(ra->c, &ra_tables[i], &ra->tables[i]);
}

/* ---- case.yaml ---- */

/* A parameter of the disk, within what a scenario would take. */
static void set_disk(struct ra_case *ra, const char *name, int64_t v)
{
	const struct key *key = key_find(&disk_schema, name, strlen(name));

	if (key && (v < key->min || v > key->max))
		verify_error(ra->c, "%s of the disk: %" PRId64 " is out of range", name, v);
	key_write_int(&disk_schema, &ra->disk, name, v);
}

/* A number of case.yaml within min..max. */
static int64_t bounded(struct verify_case *c, const struct yaml_node *map, const char *key,
		       int64_t min, int64_t max)
{
	int64_t v = verify_int(c, map, key);

	if (v >= min && v <= max)
		return v;
	verify_error(c, "%s: accepted: %" PRId64 "..%" PRId64, key, min, max);
	return min;
}

static void read_extents(struct verify_case *c, struct file_conf *file,
			 const struct yaml_node *list, int64_t *end_sector)
{
	int n = list && list->kind == YAML_KIND_LIST ? (int)list->n : 0;
	int64_t next = 0;

	file->extents.rows = sim_calloc((size_t)max_s64(n, 1), sizeof(struct key_ints));
	for (int i = 0; i < n; i++) {
		const struct yaml_node *row = list->items[i];
		int64_t *v = sim_calloc(3, sizeof(*v));
		bool ok = row->kind == YAML_KIND_LIST && row->n == 3;

		file->extents.rows[i] = (struct key_ints){ v, 3 };
		file->extents.n = i + 1;
		for (int k = 0; k < 3 && ok; k++)
			ok = verify_number(row->items[k], &v[k]) && v[k] >= 0 && v[k] <= MAX_PLACE;
		if (!ok || v[0] < next || !v[1]) {
			diag_error(c->diag, row->at,
				   "no extent; accepted: [first page, pages, sector], in order");
			return;
		}
		next = v[0] + v[1];
		*end_sector = max_s64(*end_sector, v[2] + v[1] * (int64_t)SECTORS_PER_PAGE);
	}
}

/* Returns the end of the last extent, in sectors. */
static int64_t read_files(struct ra_case *ra)
{
	struct verify_case *c = ra->c;
	const struct yaml_node *files = yaml_get(c->yaml, "files");
	const struct yaml_node *backend = yaml_get(c->yaml, "backend");
	bool raw = backend && yaml_is(backend, "raw");
	int64_t end_sector = 0;

	if (!files || files->kind != YAML_KIND_MAP || files->n > RA_MAX_FILES || !backend) {
		verify_error(c, "case.yaml has no backend, or no map of files (at most %d)",
			     RA_MAX_FILES);
		return 0;
	}
	ra->files.items = ra->file;
	for (size_t i = 0; i < files->n; i++) {
		struct file_conf *file = &ra->file[i];
		int64_t number = 0;

		if (!verify_number(files->keys[i], &number))
			diag_error(c->diag, files->keys[i]->at, "files: no number of a file");
		ra->number[i] = (int)number;
		file->name = files->keys[i]->text;
		file->disk = ra->disk.name;
		file->raw = raw;
		file->fs = yaml_is(backend, "xfs") ? FS_XFS : FS_EXT4;
		file->size = bounded(c, files->items[i], "size", 0, MAX_PLACE);
		ra->files.n = (int)i + 1;
		if (raw)
			end_sector = file->size / (int64_t)SECTOR_SIZE;
		else
			read_extents(c, file, yaml_get(files->items[i], "extents"), &end_sector);
		if (raw)
			file->size = 0; /* that of the disk */
	}
	return end_sector;
}

static void read_disk(struct ra_case *ra, int64_t sectors)
{
	struct verify_case *c = ra->c;
	const struct yaml_node *queue = yaml_get(c->yaml, "queue");
	const struct yaml_node *bad = yaml_get(c->yaml, "bad_sectors");
	int64_t first, last;

	if (!queue || queue->kind != YAML_KIND_MAP) {
		verify_error(c, "case.yaml has no map \"queue\"");
		return;
	}
	set_disk(ra, "request_time", verify_int(c, c->yaml, "request_time_ns"));
	set_disk(ra, "slots", 1024); /* side by side */
	set_disk(ra, "size", sectors * (int64_t)SECTOR_SIZE);
	set_disk(ra, "max_request_kb", verify_int(c, queue, "max_hw_sectors_kb"));
	set_disk(ra, "max_segments", verify_int(c, queue, "max_segments"));
	set_disk(ra, "max_segment_size", verify_int(c, queue, "max_segment_size"));
	ra->read_ahead_kb = bounded(c, queue, "read_ahead_kb", 0, INT32_MAX);
	ra->max_sectors_kb = bounded(c, queue, "max_sectors_kb", 4, INT32_MAX);
	if (!bad || bad->kind != YAML_KIND_LIST || !bad->n)
		return;
	if (bad->n != 2 || !verify_number(bad->items[0], &first) ||
	    !verify_number(bad->items[1], &last) || first < 0 || last < first || last > MAX_PLACE) {
		diag_error(c->diag, bad->at, "bad_sectors: accepted: [first, last]");
		return;
	}
	ra->bad = (struct disk_error_conf){
		.start = first, .sectors = last - first + 1, .error = 5, .on = DISK_READ
	};
	ra->disk.errors = (struct key_list){ &ra->bad, 1 };
}

bool ra_case_read(struct verify_case *c, struct ra_case *ra)
{
	int64_t sectors;

	memset(ra, 0, sizeof(*ra));
	ra->c = c;
	ra->disk.name = "sda";
	ra->node = (struct node_conf){ .cpus = 1, .memory = 1LL << 30 };
	ra->machine.cost_profile = PROFILE_emulated_guest;
	ra->machine.nodes = (struct key_list){ &ra->node, 1 };
	ra->machine.disks = (struct key_list){ &ra->disk, 1 };
	ra->kernel.numa = 1;
	sectors = read_files(ra);
	read_disk(ra, sectors);
	ra->pause_ns =
	    bounded(c, c->yaml, "pause_after_call_us", 0, 3600000000LL) * (int64_t)NS_PER_US;
	ra->fault_around_bytes = bounded(c, c->yaml, "fault_around_bytes", PAGE_SIZE, 2 << 20);
	if (!diag_failed(c->diag))
		machine_check(c->diag, &ra->machine);
	return !diag_failed(c->diag);
}

void ra_case_free(struct ra_case *ra)
{
	for (int i = 0; i < ra->files.n; i++) {
		for (int k = 0; k < ra->file[i].extents.n; k++)
			sim_free(ra->file[i].extents.rows[k].v);
		sim_free(ra->file[i].extents.rows);
	}
	for (int i = 0; i < NR_RA_TABLES; i++)
		sim_free(ra->tables[i].row);
}
