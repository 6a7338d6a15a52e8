/*
 * report_html.c - text, numbers and tables of a report, and how it looks
 *
 * Colours are variables with a value for light and for dark screens.  There
 * is no script; a policy in the head forbids everything but the style sheet.
 */
#include <stdio.h>
#include <string.h>

#include "sim/cli/out_file.h"
#include "sim/cli/report.h"

static const char style[] =
    ":root{color-scheme:light dark;--bg:#fff;--card:#f7f8fa;--fg:#1c2024;--dim:#5c6670;"
    "--line:#dfe3e8;--link:#0a5ea8;--good:#1a7f37;--bad:#b3261e;--c1:#0072b2;--c2:#d55e00;"
    "--c3:#009e73;--c4:#c0569b;--c5:#c98a00;--c6:#3d9fd6;--c7:#1c2024;--c8:#7f7f7f;"
    "--limit:#555;--s1:#fbe9a0;--s2:#f5c4b0;--s3:#d6d9dd}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1d2125;--fg:#e6e9ec;"
    "--dim:#9aa4ae;--line:#343a41;--link:#7cc0ff;--good:#5fd07a;--bad:#ff8a80;--c1:#58b0ea;"
    "--c2:#ff9248;--c3:#35cba0;--c4:#ec9fd0;--c5:#f2b93b;--c6:#a4d8f7;--c7:#f0f2f4;"
    "--c8:#a5a5a5;--limit:#b8bec4;--s1:#4d4415;--s2:#5a2f20;--s3:#3a4047}}\n"
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%}\n"
    "body{margin:0 auto;max-width:1180px;padding:16px;background:var(--bg);color:var(--fg);"
    "font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",\"DejaVu Sans\",sans-serif}\n"
    "h1{font-size:1.6rem;margin:.2em 0;overflow-wrap:anywhere}\n"
    "h2{font-size:1.2rem;margin:2.2em 0 .1em;padding-top:.5em;border-top:1px solid var(--line)}\n"
    "h3{font-size:1rem;margin:1.4em 0 .3em}\n"
    "p{margin:.3em 0 .8em}.dim,.q{color:var(--dim)}.q{margin-bottom:1em}\n"
    "a{color:var(--link)}code{font:.92em ui-monospace,\"DejaVu Sans Mono\",monospace;"
    "overflow-wrap:anywhere}\n"
    "nav{display:flex;flex-wrap:wrap;gap:.3em .9em;margin:1em 0;font-size:.93em}\n"
    "dl.run{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:10px;"
    "margin:1em 0}dl.run div{background:var(--card);border-radius:8px;padding:8px 12px;"
    "min-width:0}dl.run dt{color:var(--dim);font-size:.82em}dl.run dd{margin:0;"
    "font-weight:600;overflow-wrap:anywhere}dl.run dd.h{font:600 .88em/1.7 ui-monospace,"
    "\"DejaVu Sans Mono\",monospace}\n"
    ".honest{border-left:3px solid var(--c5);padding-left:10px}\n"
    ".good{color:var(--good)}.bad{color:var(--bad)}\n"
    ".scroll{overflow-x:auto;margin:.5em 0}\n"
    "table{border-collapse:collapse;font-size:.9em;font-variant-numeric:tabular-nums}\n"
    "th,td{text-align:left;vertical-align:top;padding:4px 14px 4px 0;border-bottom:1px solid "
    "var(--line)}th{color:var(--dim);font-weight:600;white-space:nowrap}"
    "td.n,th.n{text-align:right;white-space:nowrap}td.w{min-width:15em}\n"
    "details{margin:.6em 0}summary{cursor:pointer;color:var(--link)}\n"
    "pre{overflow-x:auto;background:var(--card);border-radius:8px;padding:10px;font:12px/1.4 "
    "ui-monospace,\"DejaVu Sans Mono\",monospace}\n"
    "figure{margin:0 0 1.6em}figcaption{font-weight:600;font-size:.95em;margin-bottom:.3em}"
    "figcaption small{font-weight:400;color:var(--dim)}\n"
    ".p{display:grid;grid-template-columns:minmax(0,1fr) 330px;gap:0 18px}\n"
    ".plot{display:grid;grid-template-columns:3.6em minmax(0,1fr);grid-template-rows:200px auto}\n"
    ".y,.x{position:relative;font-size:.75em;color:var(--dim);"
    "font-variant-numeric:tabular-nums}\n"
    ".y span{position:absolute;right:6px;transform:translateY(50%);white-space:nowrap}\n"
    ".x{grid-column:2;height:2.9em}.x span{position:absolute;top:3px;transform:translateX(-50%);"
    "white-space:nowrap}.x span.e{transform:translateX(-100%)}.x span.b{transform:none}"
    ".x em{position:absolute;top:1.5em;right:0;font-style:normal}\n"
    ".area{position:relative;border-left:1px solid var(--dim);border-bottom:1px solid "
    "var(--dim)}\n"
    ".area svg{position:absolute;inset:0;width:100%;height:100%;overflow:visible}\n"
    "svg *{vector-effect:non-scaling-stroke}\n"
    ".g{stroke:var(--line);stroke-width:1}.l{fill:none;stroke-width:1.8;"
    "stroke-linejoin:round}.m{fill:none;stroke:var(--limit);stroke-width:1.3}"
    ".o{fill:none;stroke-width:4;stroke-linecap:round;opacity:.75}\n"
    ".k1{stroke:var(--c1)}.k2{stroke:var(--c2)}.k3{stroke:var(--c3)}.k4{stroke:var(--c4)}"
    ".k5{stroke:var(--c5)}.k6{stroke:var(--c6)}.k7{stroke:var(--c7)}.k8{stroke:var(--c8)}\n"
    ".f1{fill:var(--s1)}.f2{fill:var(--s2)}.f3{fill:var(--s3)}\n"
    ".d1{stroke-dasharray:10 4}.d2{stroke-dasharray:3 4}.d3{stroke-dasharray:12 4 2 4}"
    ".d4{stroke-dasharray:18 5}.d5{stroke-dasharray:1 3}\n"
    ".hot{position:absolute;inset:0}.hot i{position:absolute;top:0;bottom:0;font-style:normal}"
    ".hot i:hover{border-left:1px solid var(--dim)}\n"
    ".hot "
    "b{display:none;position:absolute;top:4px;z-index:2;width:max-content;white-space:pre;font-"
    "weight:400;"
    "font-size:.78em;line-height:1.45;background:var(--bg);border:1px solid var(--line);"
    "border-radius:6px;padding:5px 8px;pointer-events:none;box-shadow:0 2px 8px #0003;"
    "font-variant-numeric:tabular-nums}.hot i:hover b{display:block}"
    ".hot .r b{left:6px}.hot .s b{right:6px}\n"
    ".key{font-size:.8em;width:100%;align-self:start}.key th,.key td{padding:2px 0 2px 8px}"
    ".key td:first-child,.key th:first-child{padding-left:0;overflow-wrap:anywhere}"
    ".key svg{width:26px;height:9px;margin-right:7px;vertical-align:1px;overflow:visible}\n"
    ".lane{display:grid;grid-template-columns:13em minmax(0,1fr);gap:0 10px;align-items:center;"
    "margin:3px 0;font-size:.88em}.lane svg{width:100%;height:16px;background:var(--card);"
    "border-radius:3px;display:block}.lane>span{text-align:right;overflow-wrap:anywhere}\n"
    ".a1{fill:var(--c1)}.a2{fill:var(--c2)}"
    ".a3{fill:var(--c3)}.a4{fill:var(--c4)}"
    ".a5{fill:var(--c5)}.a6{fill:var(--c6)}"
    ".a7{fill:var(--c7)}.a8{fill:var(--c8)}\n"
    ".lanes .axis{position:relative}.lanes .x{position:relative;height:3.4em}"
    ".lanes .x span::before{content:\"\";position:absolute;left:50%;top:-3px;height:5px;"
    "border-left:1px solid var(--dim)}.lanes .x span.b::before{left:0}"
    ".lanes .x span.e::before{left:100%}\n"
    "footer{margin-top:3em;border-top:1px solid var(--line);padding-top:.6em;font-size:.85em;"
    "color:var(--dim)}\n"
    "@media(max-width:760px){body{padding:12px}.p{grid-template-columns:minmax(0,1fr)}"
    ".plot{grid-template-rows:180px auto}.lane{grid-template-columns:minmax(0,1fr)}"
    ".lane>span{text-align:left}.hot b{max-width:62vw;white-space:"
    "pre-wrap}.x span:nth-child(2n){display:none}td,th{padding-right:10px}"
    /* rows that break: names and meanings have lines of their own, numbers stand side by side */
    ".wide table,.wide thead,.wide tbody{display:block}.wide tr{display:flex;flex-wrap:wrap;"
    "border-bottom:1px solid var(--line);padding:3px 0}.wide td,.wide th{border:0;flex:1 1 0;"
    "min-width:4.7em;padding:1px 8px 1px 0;overflow-wrap:anywhere}.wide td:first-child:not(.n),"
    ".wide th:first-child:not(.n),.wide td.w{flex-basis:100%;min-width:0}.wide td.n,.wide th.n{"
    "text-align:left;white-space:normal}.wide td:first-child:not(.n){font-weight:600}"
    ".wide td.w{color:var(--dim)}.wide th{white-space:normal}.wide th.w{display:none}"
    /* what it means below the numbers, in the whole width */
    ".when table,.when thead,.when tbody{display:block}.when tr{display:grid;"
    "grid-template-columns:1.5fr .7fr 1.1fr 1.1fr 1.1fr 1.3fr;border-bottom:1px solid var(--line)}"
    ".when td,.when th{border:0;min-width:0;padding:3px 8px 0 0;overflow-wrap:anywhere}.when "
    "th{white-space:"
    "normal}.when th:last-child{display:none}.when td.w{grid-column:1/-1;color:var(--dim);"
    "padding-bottom:5px}}\n"
    "@media print{.hot{display:none}details{display:block}}\n";

void html_text(struct str *out, const char *text)
{
	for (const char *p = text; *p;) {
		uint32_t code = 0;
		int n = str_utf8(p, strlen(p), &code);

		if (n == 0 || code < 0x20 || code == 0x7f || (code >= 0x80 && code < 0xa0) ||
		    (code >= 0x200e && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)) {
			/* no text, or what turns the direction of the rest */
			str_add(out, code == '\t' || code == '\n' ? " " : "&#xfffd;");
			p += n ? n : 1;
			continue;
		}
		switch (*p) {
		case '<':
			str_add(out, "&lt;");
			break;
		case '>':
			str_add(out, "&gt;");
			break;
		case '&':
			str_add(out, "&amp;");
			break;
		case '"':
			str_add(out, "&quot;");
			break;
		case '\'':
			str_add(out, "&#39;");
			break;
		default:
			str_addn(out, p, (size_t)n);
		}
		p += n;
	}
}

void html_begin(struct str *out, const char *title)
{
	str_add(out, "<!DOCTYPE html><!-- " OUT_FILE_MARK " -->\n"
		     "<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		     "style-src 'unsafe-inline'\">\n"
		     "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
		     "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	html_text(out, title);
	str_addf(out, "</title>\n<style>\n%s</style></head><body>\n", style);
}

void html_end(struct str *out)
{
	str_add(out, "</body></html>\n");
}

void html_section(struct str *out, const char *id, const char *title, const char *question)
{
	str_addf(out, "<section id=\"%s\"><h2>", id);
	html_text(out, title);
	str_add(out, "</h2>\n");
	if (question && *question) {
		str_add(out, "<p class=\"q\">");
		html_text(out, question);
		str_add(out, "</p>\n");
	}
}

void html_section_end(struct str *out)
{
	str_add(out, "</section>\n");
}

void html_number(struct str *out, double v)
{
	double size = v < 0 ? -v : v;

	if (size <= 0)
		str_add(out, "0");
	else if (size < 0.01)
		str_addf(out, "%.2g", v);
	else if (size < 1)
		str_addf(out, "%.3f", v);
	else if (size < 10)
		str_addf(out, "%.2f", v);
	else if (size < 100)
		str_addf(out, "%.1f", v);
	else
		str_addf(out, "%.0f", v);
}

void html_quantity(struct str *out, enum unit unit, double v)
{
	double divisor;
	const char *name = unit_for_people(unit, v < 0 ? -v : v, &divisor);

	if (divisor > 1 || divisor < 1 || unit == UNIT_PERCENT)
		html_number(out, v / divisor);
	else
		str_addf(out, "%.0f", v);
	str_addf(out, "%s%s", *name ? " " : "", name);
}

void html_time(struct str *out, double seconds)
{
	str_addf(out, "%.3f s", seconds);
}

void html_table(struct str *out, const char *heads)
{
	str_add(out, "<div class=\"scroll wide\"><table><thead><tr>");
	for (const char *p = heads; *p;) {
		size_t len = strcspn(p, "|");
		bool number = *p == '>';

		str_addf(out, "<th%s>%.*s</th>", number ? " class=\"n\"" : "",
			 (int)(len - (number ? 1 : 0)), p + (number ? 1 : 0));
		p += len + (p[len] ? 1 : 0);
	}
	str_add(out, "</tr></thead><tbody>");
}

void html_row(struct str *out)
{
	str_add(out, "\n<tr>"); /* an open row ends by itself */
}

void html_cell(struct str *out, bool number)
{
	str_add(out, number ? "<td class=\"n\">" : "<td>"); /* as does a cell */
}

void html_table_end(struct str *out)
{
	str_add(out, "</tbody></table></div>\n");
}
