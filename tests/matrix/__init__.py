"""The version matrix: every notebook proved alone, in Colab's versions, the lowest and the newest."""
