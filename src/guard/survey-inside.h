/* Shared by survey.c (what is told) and the readers of each family. */
#pragma once

#include "guard/survey.h"

/* Enters a finding; the same kind and value stand once. After -ENOMEM (s->error) nothing is entered. */
void survey_add(struct survey *s, enum survey_kind kind, struct str value);
void survey_add_text(struct survey *s, enum survey_kind kind, const char *value);
void survey_add_count(struct survey *s, enum survey_kind kind, uint64_t n, const char *unit);

void survey_jpeg(struct survey *s, struct str bytes);
void survey_png(struct survey *s, struct str bytes);
void survey_gif(struct survey *s, struct str bytes);
void survey_webp(struct survey *s, struct str bytes);
/* A TIFF file, or the block that Exif keeps in other pictures. */
void survey_tiff(struct survey *s, struct str bytes, bool is_exif);
void survey_pdf(struct survey *s, struct str bytes);
/* A part of an office document by its name in it. */
bool survey_is_office_part(struct str name);
void survey_office(struct survey *s, struct str name, struct str bytes);
