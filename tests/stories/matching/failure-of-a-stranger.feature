Feature: A stranger's payment fails before anybody links him

  Scenario: Linking the Account raises the Task that waited
    Given the plan "Team" at 80 USD a month
    When "Poppy Shop" subscribes to 1 x "Team"
    And 15 days pass
    And the card of "Poppy Shop" is declined from now on: insufficient funds
    And 16 days pass
    Then there is no Task
    Given the Account "Poppy Fashion" of rep "Rita"
    When an admin links the customer "Poppy Shop" to the Account "Poppy Fashion"
    Then the Task is:
      | Owner | Closed | Dunning Status  |
      | Rita  | no     | Retry scheduled |
    And the Account "Poppy Fashion" shows:
      | Failed Payments | 1       |
      | Customer Health | At Risk |
      | At-Risk MRR     | 80.00   |
