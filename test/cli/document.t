# values in office documents, each with the place where a person finds it
$ for k in docx xlsx pptx odt ods odp; do python3 -W ignore $TREE/test/cli/make-document d.$k; done
$ tsujiban intel extract d.docx
{"file":"d.docx","paragraph":1,"line":1,"offset":13,"length":10,"type":"ipv4","value":"192.0.2.61","written":"192.0.2.61"}
{"file":"d.docx","paragraph":4,"line":3,"offset":44,"length":20,"type":"domain","value":"evil.example.com","written":"evil[.]example[.]com"}
{"file":"d.docx","paragraph":5,"line":4,"offset":82,"length":30,"type":"url","value":"https://login.example.org/real","written":"https://login.example.org/real"}
{"file":"d.docx","paragraph":6,"line":5,"offset":127,"length":24,"type":"url","value":"http://fld.example.net/a","written":"http://fld.example.net/a"}
{"file":"d.docx","paragraph":1,"part":"footnotes","line":6,"offset":158,"length":27,"type":"url","value":"http://note.example.jp/","written":"hxxp://note[.]example[.]jp/"}
$ tsujiban intel extract d.xlsx
{"file":"d.xlsx","sheet":"通信先 & 検体","cell":"B7","line":2,"offset":13,"length":10,"type":"ipv4","value":"192.0.2.62","written":"192.0.2.62"}
{"file":"d.xlsx","sheet":"通信先 & 検体","cell":"C7","line":3,"offset":24,"length":11,"type":"ipv4","value":"203.0.113.9","written":"203.0.113.9"}
{"file":"d.xlsx","sheet":"通信先 & 検体","cell":"AA7","line":4,"offset":55,"length":22,"type":"url","value":"http://f.example.com/x","written":"http://f.example.com/x"}
{"file":"d.xlsx","sheet":"通信先 & 検体","cell":"A1","line":5,"offset":93,"length":24,"type":"url","value":"http://cell.example.com/","written":"http://cell.example.com/"}
{"file":"d.xlsx","sheet":"通信先 & 検体","cell":"B7","line":6,"offset":120,"length":14,"type":"cve","value":"CVE-2026-10001","written":"CVE-2026-10001"}
$ tsujiban intel extract d.pptx
{"file":"d.pptx","slide":2,"line":2,"offset":18,"length":10,"type":"ipv4","value":"192.0.2.63","written":"192.0.2.63"}
{"file":"d.pptx","slide":2,"line":2,"offset":30,"length":25,"type":"url","value":"http://slide.example.com/","written":"http://slide.example.com/"}
{"file":"d.pptx","slide":2,"part":"notes","line":3,"offset":65,"length":19,"type":"email","value":"analyst@example.com","written":"analyst@example.com"}
$ tsujiban intel extract d.odt d.ods d.odp
{"file":"d.odt","paragraph":2,"line":2,"offset":18,"length":10,"type":"ipv4","value":"192.0.2.64","written":"192.0.2.64"}
{"file":"d.odt","paragraph":2,"line":2,"offset":37,"length":24,"type":"url","value":"https://odt.example.com/","written":"https://odt.example.com/"}
{"file":"d.odt","paragraph":1,"part":"header","line":3,"offset":68,"length":16,"type":"domain","value":"foot.example.net","written":"foot.example.net"}
{"file":"d.ods","sheet":"一覧","cell":"AB7","line":1,"offset":0,"length":10,"type":"ipv4","value":"192.0.2.65","written":"192.0.2.65"}
{"file":"d.odp","slide":2,"line":2,"offset":7,"length":10,"type":"ipv4","value":"192.0.2.66","written":"192.0.2.66"}
{"file":"d.odp","slide":2,"part":"notes","line":3,"offset":18,"length":10,"type":"ipv4","value":"192.0.2.67","written":"192.0.2.67"}

# a mail: headers, bodies with what links lead to, names of what is attached, a message within
$ printf '%s\n' 'Received: from relay.example.net ([192.0.2.70]) by mx.example.jp' 'From: =?ISO-2022-JP?B?GyRCOzMbKEI=?= <yama@example.com>' 'Subject: =?UTF-8?B?6ZqO5L+h5YWI?= hxxp://subject[.]example[.]com/' 'MIME-Version: 1.0' 'Content-Type: multipart/mixed; boundary=b' '' '--b' 'Content-Type: text/html; charset=utf-8' '' '<p>ご確認 <a href="http://html.example.com/?a=1&amp;b=2">銀行</a></p>' '--b' 'Content-Type: text/plain; charset=iso-2022-jp' '' 'address 192.0.2.71' '--b' 'Content-Type: application/octet-stream' 'Content-Disposition: attachment; filename="invoice.exe"' '' 'MZ' '--b' 'Content-Type: message/rfc822' '' 'Subject: inner 192.0.2.72' '' 'inner.example.org' '--b--' >m.eml
$ tsujiban intel extract m.eml
tsujiban: m.eml: files within it were not read: 1
{"file":"m.eml","header":"Received","line":1,"offset":5,"length":17,"type":"domain","value":"relay.example.net","written":"relay.example.net"}
{"file":"m.eml","header":"Received","line":1,"offset":25,"length":10,"type":"ipv4","value":"192.0.2.70","written":"192.0.2.70"}
{"file":"m.eml","header":"Received","line":1,"offset":41,"length":13,"type":"domain","value":"mx.example.jp","written":"mx.example.jp"}
{"file":"m.eml","header":"From","line":2,"offset":60,"length":16,"type":"email","value":"yama@example.com","written":"yama@example.com"}
{"file":"m.eml","header":"Subject","line":3,"offset":88,"length":31,"type":"url","value":"http://subject.example.com/","written":"hxxp://subject[.]example[.]com/"}
{"file":"m.eml","part":"1","line":5,"offset":136,"length":32,"type":"url","value":"http://html.example.com/?a=1&b=2","written":"http://html.example.com/?a=1&b=2"}
{"file":"m.eml","part":"2","line":7,"offset":186,"length":10,"type":"ipv4","value":"192.0.2.71","written":"192.0.2.71"}
{"file":"m.eml","part":"3","attachment":true,"line":8,"offset":197,"length":11,"type":"file-name","value":"invoice.exe","written":"invoice.exe"}
{"file":"m.eml","header":"4 Subject","line":9,"offset":215,"length":10,"type":"ipv4","value":"192.0.2.72","written":"192.0.2.72"}
{"file":"m.eml","part":"4.1","line":10,"offset":226,"length":17,"type":"domain","value":"inner.example.org","written":"inner.example.org"}

# what is broken, too much or nothing is told with its place
$ python3 -W ignore $TREE/test/cli/make-document e.docx doctype; tsujiban intel extract e.docx
tsujiban: e.docx: word/document2.xml:1:51: it declares entities, which no document of its kind does
[1]
$ python3 -W ignore $TREE/test/cli/make-document f.xlsx broken; tsujiban intel extract f.xlsx
tsujiban: f.xlsx: xl/worksheets/sheet1.xml:1:446: it is damaged, or no document of its kind
[1]
$ python3 -W ignore $TREE/test/cli/make-document g.pptx bomb; tsujiban intel extract g.pptx
tsujiban: g.pptx: ppt/slides/slide1.xml: it has too much text, or unpacks to more than any document does
[1]
$ python3 -W ignore $TREE/test/cli/make-document h.odt depth; tsujiban intel extract h.odt
tsujiban: h.odt: content.xml:1:639: it is damaged, or no document of its kind
[1]
$ python3 -W ignore $TREE/test/cli/make-document i.docx twice; tsujiban intel extract i.docx
tsujiban: i.docx: word/document2.xml: it is damaged, or no document of its kind
[1]
$ python3 -W ignore $TREE/test/cli/make-document j.ods encrypted; tsujiban intel extract j.ods
tsujiban: j.ods: it is encrypted, and nobody gave the password
[1]
$ python3 -W ignore $TREE/test/cli/make-document k.docx inside; tsujiban intel extract k.docx | wc -l
tsujiban: k.docx: files within it were not read: 2
5
$ python3 -c 'import zipfile; zipfile.ZipFile("l.zip", "w").writestr("a.zip", "PK")'; tsujiban intel extract l.zip
tsujiban: l.zip: no text is taken out of such a file: an archive is unpacked first, an old document saved in today's format
[1]
$ head -c 900 d.docx >n.docx; tsujiban intel extract n.docx
tsujiban: n.docx: it is damaged, or no document of its kind
[1]
$ printf '\320\317\021\340\241\261\032\341 old' >o.doc; tsujiban intel extract o.doc d.ods | wc -l
tsujiban: o.doc: no text is taken out of such a file: an archive is unpacked first, an old document saved in today's format
1
