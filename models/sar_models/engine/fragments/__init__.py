"""Torn tissue: each piece placed by itself, one to one, or left without a counterpart.

The order is that of the package's modules: *pieces* of either slide are *searched* one by one, the
clearest *placed* first and taken away from what is left, then each slide's tissue is divided into
*territories* of the placed pieces and tissue that stays alone.
"""
