/* What mat2 (0.13.3) is told before it cleans an office document, for python3 in the sandbox (Q4 of doc/design/information.md). By itself it
 *   sorts what lies in each part by the names of its elements, so that the tables of a text come behind all its paragraphs and what must stand in an order does not;
 *   drops the relations of a workbook and of a presentation, without which nothing finds its sheets and slides, and those of notes;
 *   drops the theme, which a master of slides must have, and the numbers of lists;
 *   leaves relations to what it dropped.
 * Included by clean.c alone, which compares what the document says afterwards (compare_step()). No single quotes: the text stands in those of the shell. */
#pragma once

/* clang-format off */
#define CLEAN_OFFICE_PYTHON                                                                                      \
    "import posixpath, re, runpy, sys, zipfile\n"                                                                \
    "from urllib.parse import unquote\n"                                                                        \
    "from libmat2 import parser_factory, office\n"                                                               \
    "Parser, xml = office.MSOfficeParser, office.ET\n"                                                           \
    "begin, clean_part = Parser.__init__, Parser._specific_cleanup\n"                                            \
    "KEPT = [re.compile(k) for k in (r\"^xl/_rels/workbook\\.xml\\.rels$\", r\"^ppt/_rels/presentation\\.xml\\.rels$\"," \
    " r\"^word/_rels/(?:footnotes|endnotes|numbering)\\.xml\\.rels$\", r\"^(?:word|ppt|xl)/theme/theme[0-9]+\\.xml$\"," \
    " r\"^(?:word|ppt|xl)/theme/_rels/theme[0-9]+\\.xml\\.rels$\")]\n"                                           \
    "ID = \"{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id\"\n"                         \
    "def write(path):\n"                                                                                         \
    "    tree = xml.parse(path)\n"                                                                               \
    "    for e in tree.iter():\n"                                                                                \
    "        if e.tag.endswith(\"}pageSetup\"):\n"                                                               \
    "            e.attrib.pop(ID, None)\n" /* the settings of the printer, which are dropped */                  \
    "        for tags in [c for c in e if c.tag.endswith(\"}custDataLst\")]:\n"                                  \
    "            e.remove(tags)\n"                                                                               \
    "    tree.write(path, xml_declaration=True, encoding=\"utf-8\")\n"                                           \
    "    return True\n"                                                                                          \
    "def begin_all(self, name):\n"                                                                               \
    "    begin(self, name)\n"                                                                                    \
    "    self.files_to_keep.update(KEPT)\n"                                                                      \
    "    with zipfile.ZipFile(name) as z:\n"                                                                     \
    "        self.members = z.namelist()\n"                                                                      \
    "def stays(self, name):\n"                                                                                   \
    "    return name in self.members and (any(k.search(name) for k in self.files_to_keep)"                       \
    " or not any(o.search(name) for o in self.files_to_omit))\n"                                                 \
    "def clean_relations(self, path):\n"                                                                         \
    "    if not path.endswith(\".rels\"):\n"                                                                     \
    "        return clean_part(self, path)\n"                                                                    \
    "    own = max((m for m in self.members if path.endswith(\"/\" + m)), key=len)\n"                            \
    "    folder = posixpath.dirname(posixpath.dirname(own))\n"                                                   \
    "    tree = xml.parse(path)\n"                                                                               \
    "    for r in list(tree.getroot()):\n"                                                                       \
    "        file = unquote(r.get(\"Target\", \"\").split(\"#\")[0])\n"                                              \
    "        to = posixpath.normpath(posixpath.join(\"/\" + folder, file))[1:]\n"                                   \
    "        if r.get(\"TargetMode\") != \"External\" and file and not stays(self, to):\n"                       \
    "            tree.getroot().remove(r)\n"                                                                     \
    "    xml.register_namespace(\"\", \"http://schemas.openxmlformats.org/package/2006/relationships\")\n"       \
    "    tree.write(path, xml_declaration=True, encoding=\"utf-8\")\n"                                           \
    "    return True\n"                                                                                          \
    "office._sort_xml_attributes = write\n"                                                                      \
    "Parser.__init__, Parser._specific_cleanup = begin_all, clean_relations\n"                                   \
    "Parser.content_types_to_keep.add(\"application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml\")\n"
/* clang-format on */
