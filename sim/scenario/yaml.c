/*
 * yaml.c - the tree of values in a YAML file, each with its place
 *
 * libyaml turns the text into events; here they become a tree, with what
 * libyaml does not look after: duplicate keys, aliases of what is not complete,
 * a second document, control characters written as escapes, size.  Its own tree
 * (yaml_document_t) is not used: it takes quadratic time for nested brackets.
 *
 * Children wait on one stack, `pending`, until their map or list ends; then
 * they are copied behind each other and the map or list waits in their place:
 *
 *     frames    { a: 1, b: [2, 3          pending   a 1 b 2 3
 *               ^ first = 0 ^ first = 3      "]":   a 1 b [2 3]
 *
 * An included file is read by a reader of its own, in the middle of the event
 * of its "!include", onto the same stack.  What the keys of a map may be is tested in yaml_map.c.
 */
#include <string.h>
#include <sys/types.h>
#include <yaml.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/scenario/input.h"
#include "sim/scenario/syntax.h"
#include "sim/scenario/yaml_loader.h"

#define MAX_ERRORS 100 /* of one file, then reading stops */

/* ---- state ---- */

/* A map or list that has begun and not ended. */
struct frame {
	struct yaml_node *node;
	size_t first;   /* where its children begin in pending */
	uint64_t nodes; /* loader's count before it */
};

/* One file. */
struct reader {
	struct loader *loader;
	const struct reader *includer; /* NULL: the first file */
	const struct diag_file *file;
	dev_t device; /* which file it is, against cycles; 0, 0: text in memory */
	ino_t inode;
	int base; /* nodes that the include stands in */
	int depth;
	struct frame frames[YAML_MAX_DEPTH];
	struct names anchors;
	const struct yaml_node *root;
	yaml_parser_t parser;
};

static struct place mark_place(const struct reader *r, const yaml_mark_t *start,
			       const yaml_mark_t *end)
{
	bool one_line = start->line == end->line && end->column > start->column;

	return (struct place){
		.file = r->file,
		.line = (int)start->line + 1,
		.column = (int)start->column + 1,
		.width = one_line ? (int)(end->column - start->column) : 1,
	};
}

static struct place event_place(const struct reader *r, const yaml_event_t *event)
{
	return mark_place(r, &event->start_mark, &event->end_mark);
}

/* ---- the tree ---- */

/* Tests the text of a scalar, in which escapes ("\x1b") are resolved. */
static void check_scalar(struct reader *r, const struct yaml_node *node, bool block)
{
	struct diag *d = r->loader->d;

	if (node->len > YAML_MAX_SCALAR)
		diag_error(d, node->at, "%zu bytes of text are too long; accepted: at most %d",
			   node->len, YAML_MAX_SCALAR);
	for (size_t i = 0; i < node->len && i < YAML_MAX_SCALAR;) {
		uint32_t code = 0;
		int bytes = str_utf8(node->text + i, node->len - i, &code);

		SIM_ASSERT(bytes > 0);
		if (!input_accepts(code) || (code < 0x20 && !block)) {
			diag_error(d, node->at,
				   "control character U+%04X in a text; accepted: text without",
				   (unsigned)code);
			return;
		}
		i += (size_t)bytes;
	}
}

static bool is_key_next(const struct reader *r)
{
	if (!r->depth)
		return false;

	const struct frame *frame = &r->frames[r->depth - 1];

	return frame->node->kind == YAML_KIND_MAP &&
	       (r->loader->nr_pending - frame->first) % 2 == 0;
}

/* Hands a complete node to what it stands in.  false: reading cannot go on. */
static bool add_node(struct reader *r, const struct yaml_node *node, struct place at)
{
	struct loader *l = r->loader;

	if (r->base + r->depth + node->height > YAML_MAX_DEPTH) {
		diag_error(l->d, at, "too many levels; accepted: at most %d", YAML_MAX_DEPTH);
		return false;
	}
	if (!r->depth) {
		r->root = node;
		return true;
	}
	if (is_key_next(r) && node->kind != YAML_KIND_SCALAR) {
		diag_error(l->d, at, "%s cannot be a key; accepted: a single word or text",
			   yaml_describe(node));
		return false;
	}

	void *pending = l->pending;

	sim_grow(&pending, &l->cap_pending, l->nr_pending + 1, sizeof(*l->pending));
	l->pending = pending;
	l->pending[l->nr_pending++] = node;
	return true;
}

static bool count_nodes(struct reader *r, uint64_t nodes, struct place at)
{
	struct loader *l = r->loader;

	l->nodes += nodes;
	if (l->nodes <= YAML_MAX_NODES)
		return true;
	diag_error(l->d, at, "more than %d values, aliases written out; accepted: at most %d",
		   YAML_MAX_NODES, YAML_MAX_NODES);
	return false;
}

static void set_anchor(struct reader *r, const yaml_char_t *anchor, const struct yaml_node *node)
{
	if (!anchor)
		return;

	const char *text = (const char *)anchor;
	size_t len = strlen(text);

	if (!names_find(&r->anchors, text, len))
		text = arena_strndup(&r->loader->doc->arena, text, len);
	names_add(&r->anchors, text, len)->node = node; /* a later anchor replaces an earlier */
}

static struct yaml_node *new_node(struct reader *r, enum yaml_kind kind, struct place at)
{
	struct yaml_node *node = arena_calloc(&r->loader->doc->arena, 1, sizeof(*node));

	node->kind = kind;
	node->at = at;
	return node;
}

static bool take_alias(struct reader *r, const yaml_event_t *event)
{
	struct diag *d = r->loader->d;
	struct place at = event_place(r, event);
	const char *name = (const char *)event->data.alias.anchor;
	const struct yaml_node *node = names_find(&r->anchors, name, strlen(name));

	if (!node) {
		diag_error(d, at,
			   "no anchor \"&%.100s\" above this alias; accepted: the name of one "
			   "that stands above",
			   name);
		return false;
	}
	if (!node->height) {
		diag_error(d, at,
			   "alias \"*%.100s\" stands inside what it means; accepted: an alias of "
			   "what is complete above it",
			   name);
		return false;
	}
	return count_nodes(r, node->nodes, at) && add_node(r, node, at);
}

/* A map or list begins: "{", "[" or the first line of a block. */
static bool begin(struct reader *r, const yaml_event_t *event, enum yaml_kind kind,
		  const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct loader *l = r->loader;
	struct place at = event_place(r, event);
	struct yaml_node *node = new_node(r, kind, at);

	if (r->base + r->depth >= YAML_MAX_DEPTH) {
		diag_error(l->d, at, "too many levels; accepted: at most %d", YAML_MAX_DEPTH);
		return false;
	}
	if (tag)
		diag_error(l->d, at, "no tag \"%.100s\" here; accepted: no tag", (const char *)tag);
	r->frames[r->depth++] = (struct frame){ node, l->nr_pending, l->nodes };
	set_anchor(r, anchor, node);
	return count_nodes(r, 1, at);
}

static bool end(struct reader *r)
{
	struct loader *l = r->loader;
	const struct frame *frame = &r->frames[--r->depth];
	struct yaml_node *node = frame->node;
	const struct yaml_node **children = l->pending + frame->first;
	size_t n = l->nr_pending - frame->first;
	bool map = node->kind == YAML_KIND_MAP;
	uint16_t height = 0;

	node->n = map ? n / 2 : n;
	node->items = arena_alloc(&l->doc->arena, n * sizeof(*node->items));
	node->keys = map ? node->items + node->n : NULL;
	for (size_t i = 0; i < n; i++) {
		if (!map)
			node->items[i] = children[i];
		else if (i % 2)
			node->items[i / 2] = children[i];
		else
			node->keys[i / 2] = children[i];
		if (children[i]->height > height)
			height = children[i]->height;
	}
	node->height = (uint16_t)(height + 1);
	node->nodes = (uint32_t)(l->nodes - frame->nodes);
	l->nr_pending = frame->first;
	if (map) {
		yaml_check_keys(l, node);
		yaml_merge(l, node);
	}
	return add_node(r, node, node->at);
}

static const struct yaml_node *load_file(struct loader *l, const struct reader *includer,
					 const char *path, struct place at);

/* Path as written in the including file, seen from where we are; the caller frees it. */
static char *include_path(const struct reader *r, const char *path)
{
	const char *slash = strrchr(r->file->name, '/');

	if (path[0] == '/' || !slash)
		return sim_strdup(path);
	return str_format("%.*s%s", (int)(slash + 1 - r->file->name), r->file->name, path);
}

static bool take_include(struct reader *r, const struct yaml_node *written,
			 const yaml_char_t *anchor)
{
	struct loader *l = r->loader;
	int files = 0;

	for (const struct reader *up = r; up; up = up->includer)
		files++;
	if (files > YAML_MAX_INCLUDE) {
		diag_error(l->d, written->at,
			   "too many files inside each other; accepted: at most %d",
			   YAML_MAX_INCLUDE);
		return false;
	}
	if (!written->len) {
		diag_error(l->d, written->at, "no file behind !include; accepted: a path");
		return false;
	}

	char *path = include_path(r, written->text);
	const struct yaml_node *node = load_file(l, r, path, written->at);

	sim_free(path);
	if (!node)
		return false;
	set_anchor(r, anchor, node);
	return add_node(r, node, written->at);
}

static bool take_scalar(struct reader *r, const yaml_event_t *event)
{
	struct loader *l = r->loader;
	struct yaml_node *node = new_node(r, YAML_KIND_SCALAR, event_place(r, event));
	yaml_scalar_style_t style = event->data.scalar.style;
	const char *tag = (const char *)event->data.scalar.tag;
	size_t errors = l->d->nr_errors;

	node->plain = style == YAML_PLAIN_SCALAR_STYLE;
	node->height = 1;
	node->nodes = 1;
	node->len = event->data.scalar.length;
	node->text =
	    arena_strndup(&l->doc->arena, (const char *)event->data.scalar.value, node->len);
	check_scalar(r, node,
		     style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE);
	if (tag && strcmp(tag, "!include"))
		diag_error(l->d, node->at, "no tag \"%.100s\"; accepted: !include", tag);
	else if (tag && l->d->nr_errors == errors)
		return take_include(r, node, event->data.scalar.anchor);
	set_anchor(r, event->data.scalar.anchor, node);
	return count_nodes(r, 1, node->at) && add_node(r, node, node->at);
}

/* ---- events ---- */

/* A line as in sysctl.conf; false: it is none. */
static bool sysctl_error(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	struct place at;
	char *fix;

	if (!p->problem || !p->context || strncmp(p->problem, "could not find expected ':'", 27))
		return false;
	at = mark_place(r, &p->context_mark, &p->context_mark);
	fix = syntax_assignment(&at);
	if (fix)
		diag_error(r->loader->d, at, "no YAML: \"=\" behind a key; accepted: %s", fix);
	sim_free(fix);
	return fix != NULL;
}

static void syntax_error(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	struct place at = mark_place(r, &p->problem_mark, &p->problem_mark);
	const char *accepted = p->problem ? syntax_accepted(p->problem, &at) : NULL;
	struct str text = { 0 };

	if (sysctl_error(r))
		return;
	if (p->error == YAML_READER_ERROR)
		at = input_place(r->file, p->problem_offset);
	str_add(&text, p->problem ? p->problem : "cannot be read");
	if (p->context)
		str_addf(&text, " %s", p->context);
	if (p->context && p->context_mark.line != p->problem_mark.line)
		str_addf(&text, " that begins in line %zu", p->context_mark.line + 1);
	if (accepted)
		str_addf(&text, "; accepted: %s", accepted);
	diag_error(r->loader->d, at, "no YAML: %s", str_get(&text));
	str_free(&text);
}

/* false: reading cannot go on, an error was added. */
static bool take_event(struct reader *r, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (!r->root)
			return true;
		diag_error(r->loader->d, event_place(r, event),
			   "a second document begins; accepted: one in a file");
		return false;
	case YAML_ALIAS_EVENT:
		return take_alias(r, event);
	case YAML_SCALAR_EVENT:
		return take_scalar(r, event);
	case YAML_SEQUENCE_START_EVENT:
		return begin(r, event, YAML_KIND_LIST, event->data.sequence_start.anchor,
			     event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return begin(r, event, YAML_KIND_MAP, event->data.mapping_start.anchor,
			     event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return end(r);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return true;
	}
	return true;
}

static void read_events(struct reader *r)
{
	struct loader *l = r->loader;
	bool going = true;

	while (going && l->d->nr_errors - l->errors_before < MAX_ERRORS) {
		yaml_event_t event;

		if (!yaml_parser_parse(&r->parser, &event)) {
			syntax_error(r);
			return;
		}
		going = take_event(r, &event) && event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
}

/* The tree of one file; NULL: errors were added. */
static const struct yaml_node *read_text(struct reader *r)
{
	struct diag *d = r->loader->d;
	size_t errors = d->nr_errors, pending = r->loader->nr_pending;
	size_t soft = r->loader->nr_soft;

	if (!input_check(d, r->file))
		return NULL;
	if (!yaml_parser_initialize(&r->parser)) {
		diag_error(d, (struct place){ .file = r->file },
			   "the host has no memory to read it");
		return NULL;
	}
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)r->file->text,
				     r->file->len);
	read_events(r);
	yaml_parser_delete(&r->parser);
	names_free(&r->anchors);
	r->loader->nr_pending = pending;
	if (d->nr_errors - errors > r->loader->nr_soft - soft)
		return NULL;
	if (!r->root || yaml_is_empty(r->root)) {
		diag_error(
		    d, (struct place){ r->file, 1, 1, 0 },
		    "nothing is written here; accepted: a scenario, the line \"mmsim: 1\" in it");
		return NULL;
	}
	return r->root;
}

/* ---- files ---- */

/* Against files that include themselves, and against many includes of large files. */
static bool may_load(struct reader *r, const char *path, struct place at)
{
	struct loader *l = r->loader;

	for (const struct reader *up = r->includer; up; up = up->includer)
		if (up->device == r->device && up->inode == r->inode) {
			diag_error(l->d, at, "%s includes itself; accepted: another file", path);
			return false;
		}
	l->bytes += r->file->len;
	if (l->bytes > YAML_MAX_FILES)
		diag_error(l->d, at, "with %s, the files are too large; accepted: at most %u MiB",
			   path, YAML_MAX_FILES >> 20);
	return l->bytes <= YAML_MAX_FILES;
}

/* A path as it stands behind "!include", and nothing of the folders of this computer. */
static const char *as_written(const struct reader *includer, const char *path)
{
	const char *from = includer ? includer->file->name : path;
	const char *slash = strrchr(from, '/');
	size_t folder = slash ? (size_t)(slash + 1 - from) : 0;

	if (strncmp(path, from, folder) == 0)
		path += folder;
	slash = path[0] == '/' ? strrchr(path, '/') : NULL;
	return slash ? slash + 1 : path;
}

/*
 * Reads a file for a path as seen from where we are; at is where it was asked
 * for.  Calls itself for what the file includes, YAML_MAX_INCLUDE deep at most.
 */
static const struct yaml_node *load_file(struct loader *l, const struct reader *includer,
					 const char *path, struct place at)
{
	struct reader r = { .loader = l, .includer = includer };
	bool from_stdin = !includer && !strcmp(path, "-");
	struct input in;

	if (!input_read(&in, l->d, path, from_stdin, YAML_MAX_FILE, at))
		return NULL;
	if (in.len >= 3 &&
	    !memcmp(in.text, "\xef\xbb\xbf", 3)) { /* a byte order mark says nothing */
		in.len -= 3;
		memmove(in.text, in.text + 3, in.len + 1);
	}
	r.file = diag_add_file(l->d, from_stdin ? "(standard input)" : path, in.text, in.len);
	diag_written(l->d, as_written(includer, path));
	r.device = in.device;
	r.inode = in.inode;
	if (!may_load(&r, path, at))
		return NULL;
	if (syntax_is_sysctl(r.file, &at)) {
		diag_error(l->d, at,
			   "this is a file of sysctl.d; accepted: a scenario, and this with "
			   "--sysctl FILE");
		return NULL;
	}
	r.base = includer ? includer->base + includer->depth : 0;
	return read_text(&r);
}

/* ---- calls ---- */

static struct loader begin_document(struct diag *d)
{
	return (struct loader){
		.d = d,
		.doc = sim_calloc(1, sizeof(struct yaml_doc)),
		.errors_before = d->nr_errors,
	};
}

static struct yaml_doc *end_document(struct loader *l, const struct yaml_node *root, bool soft)
{
	sim_free(l->pending);
	names_free(&l->keys);
	l->doc->root = root;
	if (root && (soft || !l->nr_soft))
		return l->doc;
	yaml_doc_free(l->doc);
	return NULL;
}

struct yaml_doc *yaml_load(struct diag *d, const char *path)
{
	struct loader l = begin_document(d);

	return end_document(&l, load_file(&l, NULL, path, (struct place){ 0 }), false);
}

struct yaml_doc *yaml_load_anyhow(struct diag *d, const char *path)
{
	struct loader l = begin_document(d);

	return end_document(&l, load_file(&l, NULL, path, (struct place){ 0 }), true);
}

struct yaml_doc *yaml_parse_text(struct diag *d, const char *name, const char *text, size_t len)
{
	struct loader l = begin_document(d);
	struct reader r = { .loader = &l };
	char *copy = sim_alloc(len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	r.file = diag_add_file(d, name, copy, len);
	return end_document(&l, read_text(&r), false);
}

const struct yaml_node *yaml_root(const struct yaml_doc *doc)
{
	return doc->root;
}

void yaml_doc_free(struct yaml_doc *doc)
{
	if (!doc)
		return;
	arena_free(&doc->arena);
	sim_free(doc);
}
