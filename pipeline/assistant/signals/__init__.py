"""What a caller's words tell beside what they want: how urgent it is, how they feel, which sensitive topic it is."""
