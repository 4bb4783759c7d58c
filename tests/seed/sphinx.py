"""A small page in the shape of Debian's python3.13-doc, and a whole folder of such pages."""

from pathlib import Path

HEAD = """<!DOCTYPE html><html><head><title>x</title><style>p { color: red }</style></head><body>
<div class="related" role="navigation"><ul><li><a href="../index.html">3.13 Documentation</a>
&#187;</li></ul></div><div class="document"><div class="body" role="main">"""
FOOT = """</div></div><div class="sphinxsidebar" role="navigation"><h3>Table of Contents</h3></div>
<div class="footer">&copy; Copyright.</div></body></html>"""

BISECT = f"""{HEAD}
<section id="module-bisect">
<span id="bisect-algorithm"></span><h1><span class="section-number">4.2. </span><code
 class="xref py py-mod docutils literal notranslate"><span class="pre">bisect</span></code> — Array
 bisection<a class="headerlink" href="#module-bisect" title="Link to this heading">¶</a></h1>
<p><strong>Source code:</strong> <a href="https://github.com/x">Lib/bisect.py</a></p>
<hr class="docutils" />
<nav class="contents" id="contents"><p class="topic-title">Contents</p></nav>
<p>This module keeps a <em>list</em>
in sorted   order &amp; is small.</p>
<dl class="py function">
<dt class="sig sig-object py" id="bisect.insort"><span class="sig-prename descclassname"><span
 class="pre">bisect.</span></span><span class="sig-name descname"><span
 class="pre">insort</span></span><span class="sig-paren">(</span><em class="sig-param"><span
 class="n"><span class="pre">a</span></span></em>, <em class="sig-param"><span class="n"><span
 class="pre">x</span></span></em><span class="sig-paren">)</span><a class="headerlink"
 href="#bisect.insort" title="Link to this definition">¶</a></dt>
<dd><p>Insert <em>x</em> in <em>a</em>.</p>
<div class="versionchanged"><p><span class="versionmodified changed">Changed in version 3.10:
</span>Added <em>key</em>.</p></div></dd></dl>
<div class="admonition note"><p class="admonition-title">Note</p><p>Sort it first.</p>
<p>Always.</p></div>
<section id="examples">
<h2>Examples<a class="headerlink" href="#examples">¶</a></h2>
<p>Look up a grade:</p>
<div class="highlight-python3 notranslate"><div class="highlight"><pre><span></span><span
 class="gp">&gt;&gt;&gt; </span><span class="k">def</span> <span class="nf">grade</span>(score):
<span class="gp">... </span>    <span class="k">return</span> 1

<span class="gp">&gt;&gt;&gt; </span>grade(2)
</pre></div></div>
<ul class="simple"><li><p>first point</p></li><li><p>second point</p><p>goes on</p></li></ul>
<table class="docutils"><thead><tr><th><p>Name</p></th><th><p>Meaning</p></th></tr></thead>
<tbody><tr><td><p>lo</p></td><td><p>where to <em>start</em></p></td></tr></tbody></table>
</section></section>{FOOT}"""


def page(title: str, anchor: str, *paragraphs: str) -> str:
    """A page with one section."""
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return f'{HEAD}<section id="{anchor}"><h1>{title}</h1>{body}</section>{FOOT}'


def write(root: Path, pages: dict[str, str]) -> Path:
    """Write pages by their name, such as ``library/bisect.html``, below ``root``."""
    for name, html in pages.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(html, encoding="utf-8")
    return root
