"""x"""
def page(d): return ""
