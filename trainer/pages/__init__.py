"""The templates of HTML pages that need nothing else: pictures and plots are in them, scripts are not.

`*.html` beside this file are Jinja2 templates; what is put into them is escaped.
"""
