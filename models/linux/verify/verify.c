/*
 * verify.c - what all families of cases share
 */
#include "models/linux/verify/verify.h"

#include <inttypes.h>
#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define MAX_TEXT (1ULL << 30) /* bytes of one file, unpacked */

static const struct verify_family *const families[] = {
	&verify_topology,  &verify_alloc,   &verify_readahead,
	&verify_writeback, &verify_reclaim, &verify_api,
};

/* ---- the case ---- */

void verify_error(struct verify_case *c, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	diag_error(c->diag, (struct place){ 0 }, "%s: %s", c->dir, str_get(&text));
	str_free(&text);
}

/*
 * case.yaml; captures have values of /proc in it, with tabs written as escapes, which scenarios may
 * not have: blanks do as well.
 */
static struct yaml_doc *load_yaml(struct verify_case *c, const char *path)
{
	struct verify_text t;
	struct yaml_doc *doc;

	if (!verify_read(c, "case.yaml", &t))
		return yaml_load(c->diag, path); /* says what is wrong */
	for (char *p = t.text; (p = strstr(p, "\\t")); p += 2)
		p[0] = p[1] = ' ';
	if (!t.text[strspn(t.text, " \t\r\n")]) {
		verify_error(c, "case.yaml: nothing is written here; accepted: the key family, and "
				"what such a case needs");
		doc = NULL;
	} else {
		doc = yaml_parse_text(c->diag, path, t.text, strlen(t.text));
	}
	verify_text_free(&t);
	return doc;
}

bool verify_open(struct verify_case *c, const char *dir)
{
	const char *slash = strrchr(dir, '/');
	char *path = str_format("%s/case.yaml", dir), *real;

	c->dir = dir;
	/* "." and ".." name no case */
	real = realpath(dir, NULL);
	if (real)
		slash = strrchr(real, '/');
	c->name = sim_strdup(slash ? slash + 1 : dir);
	free(real);
	c->doc = load_yaml(c, path);
	sim_free(path);
	if (!c->doc)
		return false;
	c->yaml = yaml_root(c->doc);
	return true;
}

void verify_close(struct verify_case *c)
{
	yaml_doc_free(c->doc);
	sim_free(c->name);
	sim_free(c->out);
}

bool verify_number(const struct yaml_node *node, int64_t *v)
{
	return node && node->kind == YAML_KIND_SCALAR && verify_parse(node->text, v);
}

int64_t verify_int(struct verify_case *c, const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = yaml_get(map, key);
	int64_t v = 0;

	if (!node)
		diag_error(c->diag, map->at, "no key \"%s\"", key);
	else if (!verify_number(node, &v))
		diag_error(c->diag, node->at, "%s: not a whole number", key);
	return v;
}

int64_t verify_int_in(struct verify_case *c, const struct yaml_node *map, const char *key,
		      int64_t min, int64_t max)
{
	const struct yaml_node *node = yaml_get(map, key);
	int64_t v = verify_int(c, map, key);

	if (v >= min && v <= max)
		return v;
	if (verify_number(node, &v))
		diag_error(c->diag, node->at, "%s: out of range; accepted: %" PRId64 " to %" PRId64,
			   key, min, max);
	return min;
}

int64_t verify_optional_in(struct verify_case *c, const struct yaml_node *map, const char *key,
			   int64_t def, int64_t min, int64_t max)
{
	return yaml_get(map, key) ? verify_int_in(c, map, key, min, max) : def;
}

/* ---- tables of text ---- */

static char *case_path(const struct verify_case *c, const char *path, const char *ending)
{
	return str_format("%s/%s%s", c->dir, path, ending);
}

bool verify_exists(const struct verify_case *c, const char *path)
{
	char *plain = case_path(c, path, ""), *packed = case_path(c, path, ".gz");
	bool found = access(plain, R_OK) == 0 || access(packed, R_OK) == 0;

	sim_free(plain);
	sim_free(packed);
	return found;
}

/* Everything that is in f; gzread takes plain files as they are.  A packed one that ends too early
 * is told by its state only. */
static bool read_all(gzFile f, struct str *text)
{
	char part[1 << 16];
	int n, state;

	while ((n = gzread(f, part, sizeof(part))) > 0 && text->len < MAX_TEXT)
		str_addn(text, part, (size_t)n);
	gzerror(f, &state);
	return n == 0 && state == Z_OK;
}

bool verify_read(struct verify_case *c, const char *path, struct verify_text *t)
{
	char *plain = case_path(c, path, ""), *packed = case_path(c, path, ".gz");
	gzFile f = gzopen(access(plain, F_OK) == 0 ? plain : packed, "rb");
	struct str text = { 0 };
	bool ok = f && read_all(f, &text);

	*t = (struct verify_text){ 0 };
	if (f && !ok)
		verify_error(c,
			     "%s: cannot be read to its end; accepted: a whole file of text, "
			     "plain or packed by gzip",
			     path);
	if (ok) {
		str_add(&text, "");
		t->text = t->next = text.s ? text.s : sim_strdup("");
	} else {
		str_free(&text);
	}
	if (f)
		gzclose(f);
	sim_free(plain);
	sim_free(packed);
	return ok;
}

void verify_text_free(struct verify_text *t)
{
	sim_free(t->text);
	*t = (struct verify_text){ 0 };
}

char *verify_line(struct verify_text *t)
{
	char *line = t->next, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	t->next = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	t->line++;
	return line;
}

char *verify_word(char **line)
{
	char *word = *line + strspn(*line, " \t");
	size_t len = strcspn(word, " \t");

	*line = word + len;
	if (**line)
		*(*line)++ = '\0';
	return word;
}

bool verify_parse(const char *word, int64_t *v)
{
	bool hex = strncmp(word, "0x", 2) == 0;
	char *end;

	if (!isdigit((unsigned char)word[*word == '-']))
		return false;
	errno = 0;
	*v = hex ? (int64_t)strtoull(word, &end, 16) : strtoll(word, &end, 10);
	return errno == 0 && (*end == '\0' || *end == ' ' || *end == '\t');
}

bool verify_field(const char *line, const char *key, int64_t *v)
{
	size_t len = strlen(key);

	for (const char *p = line; (p = strstr(p, key)); p += len)
		if ((p == line || p[-1] == ' ') && p[len] == ' ')
			return verify_parse(p + len + 1, v);
	return false;
}

/* ---- what is compared ---- */

void verify_count(struct verify_quantity *q, bool equal, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;

	q->total++;
	q->equal += equal;
	if (equal || q->first)
		return;
	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	q->first = text.s;
}

void verify_count_number(struct verify_quantity *q, int64_t computed, int64_t recorded,
			 const char *what)
{
	verify_count(q, computed == recorded, "%s: %" PRId64 ", recorded %" PRId64, what, computed,
		     recorded);
}

void verify_report(struct verify_case *c, struct verify_quantity *q, int n)
{
	for (int i = 0; i < n; i++) {
		bool equal = q[i].equal == q[i].total;

		c->different |= !equal;
		c->compared |= q[i].total != 0;
		if (q[i].total && !(equal && c->o->quiet))
			printf("%s/%s  %-16s %" PRIu64 " of %" PRIu64 " equal%s%s\n", c->family,
			       c->name, q[i].name, q[i].equal, q[i].total,
			       equal ? "" : "; first: ", equal ? "" : q[i].first);
		sim_free(q[i].first);
		q[i].first = NULL;
	}
}

/* ---- what is written ---- */

static void host_failed(struct verify_case *c, const char *path)
{
	if (!c->host_failed)
		fprintf(stderr, "mmsim: %s: %s\n", path, strerror(errno));
	c->host_failed = true;
}

/* Makes the folders of path, as far as they are missing. */
static bool make_folders(const char *path)
{
	char *copy = sim_strdup(path);
	bool ok = true;

	for (char *p = strchr(copy + 1, '/'); p && ok; p = strchr(p + 1, '/')) {
		*p = '\0';
		ok = mkdir(copy, 0777) == 0 || errno == EEXIST;
		*p = '/';
	}
	sim_free(copy);
	return ok;
}

FILE *verify_create(struct verify_case *c, const char *path)
{
	char *full;
	FILE *f;

	if (!c->out)
		return NULL;
	full = str_format("%s/%s", c->out, path);
	f = make_folders(full) ? fopen(full, "w") : NULL;
	if (!f)
		host_failed(c, full);
	sim_free(full);
	return f;
}

void verify_finish(struct verify_case *c, FILE *f)
{
	bool failed = f && ferror(f);

	if (f && (fclose(f) != 0 || failed))
		host_failed(c, c->out);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* DIR/<name> is replaced; a case is never written over. */
static bool prepare_out(struct verify_case *c)
{
	char *own;

	if (!c->o->out)
		return true;
	c->out = str_format("%s/%s", c->o->out, c->name);
	own = str_format("%s/case.yaml", c->out);

	bool is_case = access(own, F_OK) == 0;

	sim_free(own);
	if (is_case) {
		verify_error(c, "%s is a case itself; accepted: another folder for --out", c->out);
		return false;
	}
	if (access(c->out, F_OK) == 0 &&
	    nftw(c->out, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0)
		host_failed(c, c->out);
	if (!make_folders(c->out) || (mkdir(c->out, 0777) != 0 && errno != EEXIST))
		host_failed(c, c->out);
	return true;
}

/* ---- which family ---- */

static const struct verify_family *family_of(const struct verify_case *c)
{
	const struct yaml_node *name = yaml_get(c->yaml, "family");

	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (name && yaml_is(name, families[i]->name))
			return families[i];
	return NULL;
}

static void unknown_family(struct verify_case *c)
{
	struct str names = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		str_addf(&names, "%s%s", i ? ", " : "", families[i]->name);
	verify_error(c, "case.yaml has no family that is known; accepted: %s", str_get(&names));
	str_free(&names);
}

bool linux_verify_knows(const char *dir)
{
	char *path = str_format("%s/case.yaml", dir);
	bool found = access(path, R_OK) == 0;

	sim_free(path);
	return found;
}

/* The run in o->run takes the place of a computed one. */
static bool compare_with(struct verify_case *c, const struct verify_family *family)
{
	struct verify_case other = { .o = c->o, .diag = c->diag, .family = family->name };
	bool ok = false;

	if (!family->compare)
		verify_error(c,
			     "a case of family %s, which has no runs; accepted with --run: "
			     "writeback, reclaim",
			     family->name);
	else if (verify_open(&other, c->o->run) && family_of(&other) != family)
		verify_error(&other,
			     "not of family %s, as %s is; accepted for --run: a folder that "
			     "such a run was recorded into",
			     family->name, c->dir);
	else if (other.doc)
		ok = family->compare(c, &other);
	verify_close(&other);
	return ok;
}

int linux_verify(const char *dir, const struct verify_options *o)
{
	struct diag diag = { 0 };
	struct verify_case c = { .o = o, .diag = &diag };
	const struct verify_family *family = NULL;
	bool ok = verify_open(&c, dir);
	int result;

	if (ok) {
		family = family_of(&c);
		if (!family)
			unknown_family(&c);
	}
	ok = family && prepare_out(&c);
	if (ok && !c.host_failed) {
		c.family = family->name;
		ok = o->run ? compare_with(&c, family) : family->run(&c);
	}
	if (diag_failed(&diag))
		diag_print(&diag, stderr);
	else if (ok && !c.compared && !c.host_failed && !o->quiet)
		fprintf(stderr,
			"mmsim: note: %s: nothing was compared: it has no recorded answers\n", dir);
	result = !ok || diag_failed(&diag) ? VERIFY_UNREADABLE
		 : c.different             ? VERIFY_DIFFERENT
					   : VERIFY_EQUAL;
	if (c.host_failed)
		result = VERIFY_HOST;
	verify_close(&c);
	diag_free(&diag);
	return result;
}
