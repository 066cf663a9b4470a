"""``benchmark torn``: pairs in pieces with known truth, and how near to it an alignment comes."""
