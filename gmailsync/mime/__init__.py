"""Raw bytes <-> email: what a message says, and the messages we write.

Reading never fails, because mail is what the world sends: what is illegible comes out with replacement characters
or empty. Writing refuses what would not arrive as it was meant.
"""
