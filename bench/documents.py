#!/usr/bin/env python3
"""Documents for `bench/run seal`, into the folder given: picture.jpg (4000 x 3000 points), text.pdf (100 pages), text.docx (100 pages)."""
import os
import sys
import zipfile

folder = sys.argv[1]
WORDS = 'The desk took the report at nine and handed it over by noon. ' * 30


def picture():
    import gi
    gi.require_version('GdkPixbuf', '2.0')
    from gi.repository import GdkPixbuf, GLib
    noise = os.urandom(400 * 300 * 3)
    small = GdkPixbuf.Pixbuf.new_from_bytes(GLib.Bytes.new(noise), GdkPixbuf.Colorspace.RGB, False, 8, 400, 300, 1200)
    small.scale_simple(4000, 3000, GdkPixbuf.InterpType.BILINEAR).savev(os.path.join(folder, 'picture.jpg'), 'jpeg', ['quality'], ['92'])


def pdf():
    import cairo
    surface = cairo.PDFSurface(os.path.join(folder, 'text.pdf'), 595, 842)
    context = cairo.Context(surface)
    for page in range(100):
        for line in range(50):
            context.move_to(40, 60 + 15 * line)
            context.show_text('%d.%d %s' % (page, line, WORDS[:90]))
        context.show_page()
    surface.finish()


def docx():
    w = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main'
    paragraphs = ''.join('<w:p w:rsidR="00AB12CD"><w:r><w:t>%s</w:t></w:r></w:p>' % WORDS for _ in range(300))
    with zipfile.ZipFile(os.path.join(folder, 'text.docx'), 'w', zipfile.ZIP_DEFLATED) as z:
        z.writestr('[Content_Types].xml', '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                   '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                   '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
                   'wordprocessingml.document.main+xml"/></Types>')
        z.writestr('_rels/.rels', '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                   '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
                   'Target="word/document.xml"/></Relationships>')
        z.writestr('word/document.xml', '<w:document xmlns:w="%s"><w:body>%s</w:body></w:document>' % (w, paragraphs))


for make in picture, pdf, docx:
    try:
        make()
    except Exception as e:
        print('%s: %s' % (make.__name__, e), file=sys.stderr)
